"""Many matrices give one query."""

from ..widgets import Instrument, Sheet


def same_query() -> Instrument:
    """x [1, 2] times W_Q [2, 2] -> q [1, 2], and how far q is from the query at the start."""
    s = Sheet(
        "same_query",
        title="One query, many matrices",
        hint="Drag the numbers of W_Q. Bring “off by” back to 0: how different can W_Q become?",
    )
    x = s.input("x", [[2, 1]], rows=["x"], editable=False, about="this token stays as it is")
    start = s.input("wanted", [[4, 3]], rows=["q"], editable=False, about="the query it had at the start")
    w = s.input("W_Q", [[1, 1], [2, 1]], about="four numbers to choose, two equations to keep")
    q = s.matmul("q", x, w, about="the query it has now")
    s.subtract("off", q, start, about="how far the query has moved")
    s.lay(["x", "·", "W_Q", "=", "q"], ["wanted", s.panel("off", title="off by")])
    return Instrument(s)
