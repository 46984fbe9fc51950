"""The public site: every lesson to read without a kernel, its widgets alive; from the stored notebooks."""
