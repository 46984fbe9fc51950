"""Narration: a lesson read aloud, sentence by sentence, while the page and its instruments follow."""

from __future__ import annotations

from typing import Any

import traitlets as t

from qkvlib.course.narration import recording, sentences
from qkvlib.widgets import bundle
from qkvlib.widgets._small import SmallWidget, module

WORDS_A_MINUTE = 150


class Narration(SmallWidget):
    """The player of one lesson: `Narration("02")`. The build puts one at the top of each lesson.

    It plays the recording that `qkv narrate` made, where there is one; else the browser's own voice speaks, and without
    that the sentences can be read and stepped through. Raises ValueError for a lesson that does not exist.
    """

    _esm = module("narration")
    _css = bundle.styles("small.css", "narration.css")

    lesson = t.Unicode().tag(sync=True)
    sentences = t.List(t.Dict()).tag(sync=True)
    recorded = t.Bool(False).tag(sync=True)  # whether Python has a recording to send when it is asked for one
    audio = t.Unicode("").tag(sync=True)  # the address of a recording, on the site
    times = t.List(t.List(t.Float())).tag(sync=True)  # from where to where each sentence is heard, in seconds

    def __init__(self, lesson: str) -> None:
        said = sentences(lesson)
        found = recording(lesson)
        super().__init__(lesson=lesson, sentences=said, recorded=found is not None, times=found.times if found else [])
        self._recording = found
        self.on_msg(self._send_recording)

    def _send_recording(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Answers the player's wish for the audio, which is too large to travel with every notebook."""
        if content != "recording" or self._recording is None:
            return
        try:
            self.send({"kind": self._recording.kind}, buffers=[self._recording.audio.read_bytes()])
        except OSError as error:
            self.send({"error": str(error)})

    @property
    def minutes(self) -> int:
        """About how long it takes to listen."""
        words = sum(len(each["text"].split()) for each in self.sentences)
        return max(1, round(words / WORDS_A_MINUTE))

    def __repr__(self) -> str:
        return f"Narration of lesson {self.lesson}: {len(self.sentences)} sentences, about {self.minutes} minutes"

    def _markdown(self) -> str:
        return (
            f"**Listen.** This lesson can be read to you, in about {self.minutes} minutes.\n\n"
            "*Run this cell for the player; what it says is written below.*"
        )
