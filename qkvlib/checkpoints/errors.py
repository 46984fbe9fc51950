"""The one error every part of this package raises."""


class CheckpointError(ValueError):
    """A checkpoint cannot be read; the message is one sentence that says what was expected and what to do."""
