"""Wrong answers as a learner would type them, written apart from the specs, each with the name it should be given.

`@wrong("scores", "no-scale")` registers a function; `WRONG.append((exercise, slug, label, value))` does it for values.
"""

from importlib import import_module

WRONG = []


def wrong(exercise, slug):
    """Register the decorated function as an answer to `exercise` that should be named `slug`."""

    def register(function):
        WRONG.append((exercise, slug, function.__name__, function))
        return function

    return register


def wrong_value(exercise, slug, label, value):
    """Register a value as an answer to `exercise` that should be named `slug`."""
    WRONG.append((exercise, slug, label, value))


def answers():
    """[(exercise, slug, label, answer)] over all lessons."""
    for part in ("projections", "attending", "heads", "caches", "clinic", "slips", "slips_in_heads", "values"):
        import_module(f"wrong_answers.{part}")
    return WRONG
