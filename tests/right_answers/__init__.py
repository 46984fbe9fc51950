"""Right answers in many styles: none of them may be rejected.

One module per lesson. A name `scores__loops` is an answer to the exercise `scores` in the style "loops"; for an
exercise whose answer is a value, it is that value.
"""

from importlib import import_module


def answers():
    """[(exercise, style, answer)] over all lessons."""
    found = []
    for lesson in range(1, 10):
        module = import_module(f"right_answers.lesson{lesson:02d}")
        found += [(*name.split("__"), value) for name, value in vars(module).items() if "__" in name.strip("_")]
    return found
