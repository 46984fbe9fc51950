"""The whole course in a browser, with no server behind it: a JupyterLite site (docs/lite.md)."""
