"""The sentences of a lesson's Markdown, block by block: what is read, not what is looked at."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_UNREAD = {"table_open": "table_close"}  # a table is looked at
_END = re.compile(r"[.!?][\"”’')]*(\s+)")
_NO_END = re.compile(r"\b(?:e\.g|i\.e|vs|cf|Fig|approx)\.$")


def blocks(markdown: str) -> Iterator[tuple[str, str]]:
    """(tag, text) of every heading ("h2"), paragraph and list item ("p") in order; code stands between backticks."""
    tokens = iter(_MARKDOWN.parse(markdown))
    tag = "p"
    for token in tokens:
        if token.type in _UNREAD:
            while next(tokens).type != _UNREAD[token.type]:
                pass
        elif token.type == "heading_open":
            tag = token.tag
        elif token.type == "inline":
            formula = token.content.startswith("$$")
            if text := " ".join((token.content if formula else _plain(token)).split()):
                yield tag, text
            tag = "p"


def split(text: str) -> list[str]:
    """The sentences of one block."""
    masked = re.sub(r"`[^`]*`", lambda code: "`" * len(code[0]), text)  # a full stop inside code ends nothing
    found, start = [], 0
    for end in _END.finditer(masked):
        if _NO_END.search(masked[: end.start() + 1]) or _in_lower_case(masked[end.end() :]):
            continue
        found.append(text[start : end.start(1)])
        start = end.end()
    return [sentence for sentence in (*found, text[start:]) if sentence]


def _in_lower_case(rest: str) -> bool:
    """Whether what follows goes on with an ordinary small word: d_head may begin a sentence, "as" does not."""
    word = re.match(r"[^\s,.;:]*", rest)
    return bool(word and word[0].isalpha() and word[0].islower() and len(word[0]) > 1)


def _plain(token: Token) -> str:
    written = {"text": "{}", "code_inline": "`{}`", "softbreak": " ", "hardbreak": " "}
    return "".join(written.get(each.type, "").format(each.content) for each in token.children or ())
