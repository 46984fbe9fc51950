"""Widgets in a bare page: their own ES modules and styles, with a model that keeps its state in the page."""

import json

_MODEL = """
const makeModel = (state) => {
  const listeners = {};
  return {
    saved: 0,
    get: (name) => state[name],
    set(name, value) {
      if (JSON.stringify(state[name]) === JSON.stringify(value)) return;
      state[name] = value;
      for (const listener of [...(listeners[`change:${name}`] ?? [])]) listener();
    },
    save_changes() { this.saved++; },
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off: (event, listener) => { listeners[event] = (listeners[event] ?? []).filter((other) => other !== listener); },
    listening: () => Object.values(listeners).flat().length,
  };
};
window.shown = [];
"""
_SHOW = """
{
  const source = new Blob([%s], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(source));
  const model = makeModel(%s);
  const el = document.getElementById("w%d");
  window.shown[%d] = { module, model, el, clean: module.default.render({ model, el }) };
}
"""
_LEFT_OUT = {"layout", "tabbable", "tooltip"}


def bare_page(*widgets, scheme="light") -> str:
    """HTML with the widgets in order, as `#w0`, `#w1`, ...; `window.shown[i]` has model, module and clean-up."""
    shows = []
    for place, widget in enumerate(widgets):
        traits = widget.get_state()
        state = {k: v for k, v in traits.items() if not k.startswith("_") and k not in _LEFT_OUT}
        shows.append(_SHOW % (json.dumps(widget._esm), json.dumps(state), place, place))
    styles = "\n".join(dict.fromkeys(str(widget._css) for widget in widgets))
    places = "".join(f'<div id="w{place}"></div>' for place in range(len(widgets)))
    script = (_MODEL + "".join(shows) + "document.body.dataset.ready = 'yes';").replace("</", "<\\/")
    return (
        f'<!doctype html><html lang="en"><head><title>Widgets</title><meta name="color-scheme" content="{scheme}">'
        f"<style>{styles}</style></head><body><main><h1>Widgets</h1>{places}</main>"
        f'<script type="module">{script}</script></body></html>'
    )
