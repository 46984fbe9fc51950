"""A lesson as one audio file: each sentence by itself from any voice that a command can start, then joined, timed.

The times are exact: they are counted in samples while the sentences are joined.
"""

import json
import shlex
import shutil
import subprocess
import sys
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from qkvlib.atomic import write_together
from qkvlib.course.narration import fingerprint

VOICE = "espeak-ng -v en-gb -s 155 -w {wav} -f {text}"
BREATH, PAUSE = 0.3, 0.8  # seconds behind a sentence, and behind a paragraph
QUIET = 200  # of 32,767: what a voice leaves before and behind a sentence is not more
ENCODERS = (
    (".opus", ("opusenc", "--quiet", "--speech", "--bitrate", "20", "{wav}", "{out}")),
    (".opus", ("ffmpeg", "-loglevel", "error", "-i", "{wav}", "-c:a", "libopus", "-b:a", "20k", "{out}")),
)
SECONDS = 120  # more than any voice needs for a sentence


class CannotNarrate(Exception):
    """There is no voice, or it failed; the message says what to do."""


@dataclass(frozen=True)
class Spoken:
    """One sentence: its samples, 16 bits each, of one channel."""

    rate: int
    samples: bytes


def speak(text: str, voice: str, place: Path) -> Spoken:
    """What the voice makes of a text. `voice` is a command with {wav} and, unless it reads its input, {text}."""
    wav, file = place / "said.wav", place / "said.txt"
    file.write_text(text + "\n", encoding="utf-8")
    wav.unlink(missing_ok=True)
    line = [part.format(wav=wav, text=file) for part in shlex.split(voice)]
    try:
        done = subprocess.run(line, input=text, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        raise CannotNarrate(
            f"{line[0]} is not here: install it (apt install espeak-ng), or name another voice, --voice 'COMMAND'"
        ) from None
    except subprocess.TimeoutExpired:
        raise CannotNarrate(f"{line[0]} took over {SECONDS} s for {text!r}; try another voice, --voice") from None
    if done.returncode or not wav.exists():
        reason = done.stderr.strip().splitlines()[-1:] or ["it wrote no WAV file"]
        raise CannotNarrate(f"{line[0]} could not say {text!r}: {reason[0]}")
    try:
        with wave.open(str(wav)) as sound:
            if (sound.getnchannels(), sound.getsampwidth()) != (1, 2):
                raise CannotNarrate(f"{line[0]} writes no mono WAV of 16 bits, which is what can be joined")
            return Spoken(sound.getframerate(), _trimmed(sound.readframes(sound.getnframes())))
    except (wave.Error, EOFError) as error:
        raise CannotNarrate(f"{line[0]} wrote no WAV file that can be read: {error}") from error


def _trimmed(samples: bytes) -> bytes:
    """Without the silence at both ends."""
    loud = np.flatnonzero(np.abs(np.frombuffer(samples, "<i2").astype(int)) > QUIET)
    return samples[2 * loud[0] : 2 * loud[-1] + 2] if loud.size else b""


def joined(said: list[Spoken], ends: list[bool]) -> tuple[bytes, list[list[float]]]:
    """(samples, [start, end] of each sentence in seconds); a longer pause where a paragraph ends."""
    rate = said[0].rate
    if any(each.rate != rate for each in said):
        raise CannotNarrate("the voice changes its sample rate from sentence to sentence, and that cannot be joined")
    track, times = bytearray(), []
    for each, end in zip(said, ends, strict=True):
        start = len(track) / 2 / rate
        track += each.samples
        times.append([round(start, 3), round(len(track) / 2 / rate, 3)])
        track += bytes(2 * round(rate * (PAUSE if end else BREATH)))
    return bytes(track), times


def narrate(
    slug: str, sentences: list[dict], folder: Path, voice: str = VOICE, done: Callable[[], None] = lambda: None
) -> Path:
    """Writes the audio file of one lesson and its index to `folder`, whole or not at all; the audio's path.

    `done` is called after each sentence. Raises CannotNarrate, and OSError where nothing can be written.
    """
    with TemporaryDirectory(prefix="qkv-narrate-") as name:
        place, said = Path(name), []
        for each in sentences:
            said.append(speak(each.get("say", each["text"]), voice, place))
            done()
        track, times = joined(said, [bool(each.get("ends")) for each in sentences])
        wav = place / f"{slug}.wav"
        with wave.open(str(wav), "wb") as sound:
            sound.setparams((1, 2, said[0].rate, 0, "NONE", ""))
            sound.writeframes(track)
        audio = _encoded(wav)
        index = {"audio": audio.name, "said": fingerprint(sentences), "voice": voice, "times": times}
        target = folder / audio.name
        write_together({target: audio.read_bytes(), folder / f"{slug}.json": json.dumps(index) + "\n"})
        return target


def encoder() -> str:
    """The program that makes the files small; "" where there is none, and they stay WAV."""
    return next((line[0] for _, line in ENCODERS if shutil.which(line[0])), "")


def _encoded(wav: Path) -> Path:
    for suffix, line in ENCODERS:
        if shutil.which(line[0]):
            out = wav.with_suffix(suffix)
            ran = subprocess.run([part.format(wav=wav, out=out) for part in line], capture_output=True, text=True)
            if ran.returncode:
                raise CannotNarrate(f"{line[0]} failed: {ran.stderr.strip()}")
            return out
    return wav


def warn_of_size() -> None:
    """Say what is missing where nothing can make the files small."""
    if not encoder():
        print("narrate: no opusenc and no ffmpeg here, so the files are WAV, twenty times as large.", file=sys.stderr)
