"""Symbols in prose as typography: W_Q becomes $W_Q$, d_head becomes $d_\\text{head}$, √d_head a root.

JupyterLab, GitHub and the site draw LaTeX between dollars, and plain text stays readable. What is code, a formula, a
heading or an address already is left as it stands.
"""

import re

_ROLE = r"[Wb]_[QKVO]ᵀ?"
_SIZE = r"√?(?:d_(?:head|model)|n_(?:heads|kv_heads|rep|tokens|layers))"
_SYMBOL = rf"(?<![\w`\\$])(?:{_ROLE}(?: {_ROLE})*|{_SIZE})(?![\w(\[`$])"
_KEPT = (
    r"^(?:```|~~~).*?^(?:```|~~~)[^\n]*$"  # fenced code
    r"|\$\$.*?\$\$|(?<!\\)\$[^$\n]+\$"  # formulas
    r"|`[^`]*`"  # code
    r"|^#{1,6} [^\n]*$"  # headings: their text is an address too
    r"|\]\([^)]*\)|<[^>\n]+>|https?://\S+"  # addresses and tags
)
_PIECE = re.compile(rf"(?P<kept>{_KEPT})|(?P<symbol>{_SYMBOL})", re.DOTALL | re.MULTILINE)


def typeset(markdown: str) -> str:
    """Markdown with the symbols of its prose between dollars."""
    return _PIECE.sub(lambda piece: piece[0] if piece["symbol"] is None else f"${_latex(piece[0])}$", markdown)


def _latex(symbol: str) -> str:
    if symbol.startswith("√"):
        return rf"\sqrt{{{_latex(symbol[1:])}}}"
    letter, _, below = symbol.partition("_")
    if letter in "dn":
        return rf"{letter}_\text{{{below.replace('_', ' ')}}}"
    return symbol.replace("ᵀ", r"^\top")
