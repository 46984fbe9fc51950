"""Pages from templates: every string escaped, no script, a strict content security policy."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from qkvlib.grading.text import HEADINGS, SIGNS, number

_TEMPLATES = Path(__file__).parent / "templates"


def code(text: str) -> Markup:
    """Escaped text in which `this` becomes code."""
    return Markup(re.sub(r"`([^`]{1,80})`", r"<code>\1</code>", str(escape(text))))


@cache
def _environment() -> tuple[Environment, dict]:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=number, code=code)
    style = (_TEMPLATES / "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment, {"style": Markup(style), "style_hash": Markup(digest), "signs": SIGNS, "headings": HEADINGS}


def render(template: str, **values: Any) -> str:
    """One page."""
    environment, shared = _environment()
    return environment.get_template(template).render(**shared, **values)
