"""Formulas as one says them: W_Q is "W Q", √d_head "the square root of d head", Q Kᵀ "Q times K transposed".

`spell` takes plain text in which code stands between backticks; what it gives has letters, digits and the marks of
ordinary prose alone, so that every voice reads it alike. `strange` names what it could not say.
"""

import re
import unicodedata
from collections.abc import Callable

_FACTOR = r"(?:W_[QKVOU]\d?|[QKVXPEW](?:_heads)?|[qkvx]\d?)ᵀ?"
_ROW = r"[a-z]\d?"
_GREEK = {"α": "alpha", "β": "beta", "φ": "phi", "ω": "omega", "θ": "theta", "π": "pi", "μ": "mu"}
_SMALL = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼ", "0123456789ij")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

# Looked for in this order, each in the text that the one before has left.
_RULES: tuple[tuple[str, str | Callable[[re.Match], str]], ...] = (
    # LaTeX
    (r"\\cdot\b", "·"),
    (r"\\times\b", "×"),
    (r"\^\\top\b", "ᵀ"),
    (r"\\q?quad", " "),
    (r"\\(?:text|mathrm)\{([^{}]*)\}", r"\1"),
    (r"_\{([^{}]*)\}", r"_\1"),
    (r"\^\{?\\top\}?", "ᵀ"),
    (r"\\(?:var)?(omega|theta|alpha|beta|phi|pi|mu)\b", r" \1 "),
    (r"\\cos\b", "the cosine of "),
    (r"\\(?:big|Big|left|right)\b|\\[,;! ]|\$", " "),
    (r"\bR\((?=\w)", "R of ("),
    # code
    (r"`exercises/\w+\.ipynb`", "the folder of exercises"),
    (r"`\*`", "star"),
    (r"`([^`]+)`", lambda found: re.sub(r"(?<=\w)/(?=\w)", " slash ", found[1])),
    (r"(?<=[\w\])])\.(?=[A-Za-z_])|(?<=[a-z])\.(?=\d)|(?<![\w.])\.(?=[a-z])", " dot "),
    (r"(\w+) // (\w+)", r"\1 divided by \2 and rounded down"),
    # arrays and their shapes
    (r"\[\[([^\[\]]*)\], \[([^\[\]]*)\]\]", r"the rows \1 and \2"),
    (r"(?<=\w)\[([^\[\],]+)\]", r" of \1"),
    (rf"(?<!\w)({_FACTOR}) \[([^\[\]]+), ([^\[\],]+)\]", r"\1, \2 by \3,"),
    (r"\[([^\[\]]*)\]", lambda found: found[1].replace(", ", " by ")),
    (r"\|([^|]+)\|", r"the length of \1"),
    # products, transposes, roots, powers
    (rf"(?<![\w·])({_FACTOR}) (?={_FACTOR}(?![\w'’-]))", r"\1 times "),
    (r"(?<=\w)ᵀ", " transposed"),
    (r"ᵀ", "transpose sign"),
    (r"√\s*(?=\w)", "the square root of "),
    (r"(?<=[A-Z])⁻¹", " inverse"),
    (r"²", " squared"),
    (r"\^(?=[\w(])", " to the power of "),
    (r"([⁰¹³⁴⁵⁶⁷⁸⁹⁻]+)", lambda found: f" to the power of {found[1].translate(_RAISED)}"),
    (r"([₀-₉ᵢⱼ]+)", lambda found: f" {found[1].translate(_SMALL)}"),
    (r"(?<=\d)e(-?\d+)\b", r" times 10 to the power of \1"),
    (rf"(?<![\w])({_ROW}) ?· ?(?={_ROW}\b)", r"\1 dot "),
    (r"\s*[·×@]\s*|(?<=[\w)]) \* (?=[\w(])", " times "),
    # signs
    (r"(?<![\w)\].])[-−](?=[\d∞.])", "minus "),
    (r"\s*−\s*|(?<=\w) - (?=\w)", " minus "),
    (r"∞", "infinity"),
    (r"\s*≥\s*", " is at least "),
    (r"\s*≤\s*", " is at most "),
    (r"\s*≈\s*", " is about "),
    (r"\s*==?\s*", " equals "),
    (r"\s*\+\s*", " plus "),
    (r"\s*→\s*", " to "),
    (r"↑", "up"),
    (r"↓", "down"),
    (r"\s*%", " percent"),
    (r"°", " degrees"),
    (r"\bK/V\b", "K V"),
    (r"(?<=\w) / (?=\w)", " divided by "),
    (r"/(?=\d)|(?<![A-Za-z]{2})/(?![A-Za-z]{2})", " over "),
    (r"/", " or "),
    (r"([αβφωθπμ])", lambda found: f" {_GREEK[found[1]]} "),
    # words that voices stumble over
    (r"(?<![A-Za-z])kv(?![A-Za-z])", "K V"),
    (r"\bnumpy\b", "num pie"),
    (r"\b([Ss])oftmax\b", r"\1oft max"),
    (r"\bRoPE\b", "rope"),
    (r"\bLLaMA\b", "Llama"),
    (r"(?<![a-z])inf\b", "infinity"),
    (r"_", " "),
    (r"[“”\"]", ""),
    (r"’", "'"),
    (r",?\s*…", " and so on"),
    (r"[–—]", ", "),
    (r"(?<!\w)\?(?=\w)", "question mark "),
    (r"(?<=\w)\?(?=\w)|\*", " "),
    (r"\s+", " "),
    (r" (?=[.,;:?!)])", ""),
)
_COMPILED = tuple((re.compile(pattern), spoken) for pattern, spoken in _RULES)


def spell(text: str) -> str:
    """The text as a voice is to read it."""
    for pattern, spoken in _COMPILED:
        text = pattern.sub(spoken, text)
    return text.strip()


def strange(said: str) -> str:
    """The characters of a spelled text that no voice can be trusted with; "" when there is none."""
    return "".join(sorted({letter for letter in said if not _ordinary(letter)}))


def _ordinary(letter: str) -> bool:
    return letter in " .,;:?!'()-" or letter in "0123456789" or unicodedata.name(letter, "").startswith("LATIN")
