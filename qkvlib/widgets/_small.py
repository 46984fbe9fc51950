"""What the small widgets share: one style sheet, a few DOM helpers, and a representation that survives without them."""

from __future__ import annotations

from typing import Any

import anywidget

from qkvlib.widgets import bundle

CSS = bundle.styles("small.css")


def module(name: str) -> str:
    """The source of one small widget as an ES module."""
    return bundle.module(f"{name}.js")


class SmallWidget(anywidget.AnyWidget):
    """A widget with a stable sentence as its repr and Markdown to read where widgets do not run (GitHub, a diff)."""

    def _markdown(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data: dict[str, Any] = {"text/plain": repr(self), "text/markdown": self._markdown()}
        if self.comm is not None:  # a closed widget has nothing to show but its text
            data["application/vnd.jupyter.widget-view+json"] = {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self.model_id,
            }
        return data
