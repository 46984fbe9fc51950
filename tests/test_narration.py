"""What a lesson says aloud: its sentences, its formulas in words, and the file in which each is heard at its time."""

import json
import re
import shutil
import struct
import sys
import wave

import numpy as np
import pytest
from conftest import required

from qkvlib import instruments
from qkvlib.course.narration import fingerprint, recording, sentences
from qkvlib.course.outline import read_outline
from qkvlib.widgets import Narration
from tools.lessonfile import Refusal, read_lesson
from tools.narration.__main__ import main
from tools.narration.render import Spoken, joined, narrate
from tools.narration.script import script
from tools.narration.sentences import blocks, split
from tools.narration.speller import spell, strange

RATE = 16000
# Writes a tone, as long as the text has letters, with silence around it.
TONE = """
import math, struct, sys, wave
text = open(sys.argv[2]).read()
n = 160 * len(text)
samples = [0] * 800 + [int(9000 * math.sin(k)) for k in range(1, n)] + [0] * 800
with wave.open(sys.argv[1], "wb") as sound:
    sound.setparams((1, 2, 16000, 0, "NONE", ""))
    sound.writeframes(struct.pack(f"<{len(samples)}h", *samples))
"""


@pytest.fixture
def tone(tmp_path):
    """A voice that needs nothing but Python."""
    program = tmp_path / "tone.py"
    program.write_text(TONE, encoding="utf-8")
    return f"{sys.executable} {program} {{wav}} {{text}}"


@pytest.fixture
def wav_only(monkeypatch):
    """Nothing here makes the files small."""
    monkeypatch.setattr("tools.narration.render.ENCODERS", ())


@pytest.fixture(scope="module")
def scripts(root):
    paths = [path for path in sorted((root / "lessons").glob("*.md")) if not path.stem.endswith("_exercises")]
    return {path.stem: script(read_lesson(path)) for path in paths}


# -- formulas in words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("W_Q", "W Q"),
        ("divided by √d_head.", "divided by the square root of d head."),
        ("That is Q Kᵀ.", "That is Q times K transposed."),
        ("softmax(Q Kᵀ / √d_head) V", "soft max(Q times K transposed divided by the square root of d head) V"),
        ("Forget the ᵀ, and it fails", "Forget the transpose sign, and it fails"),
        ("Q, K and V", "Q, K and V"),
        ("two K/V heads", "two K V heads"),
        ("n_kv_heads", "n K V heads"),
        ("`[T, d_head] · [d_head, T]` gives `[T, T]`", "T by d head times d head by T gives T by T"),
        ("K = [[3, 2], [2, 2]]", "K equals the rows 3, 2 and 2, 2"),
        ("`P[t]` is added", "P of t is added"),
        ("a row is `[4]`", "a row is 4"),
        ("q·k, and q2 · k1", "q dot k, and q2 dot k1"),
        ("2 × 8 × 128 = 2,048", "2 times 8 times 128 equals 2,048"),
        ("-∞ is below −1", "minus infinity is below minus 1"),
        ("such as -1e9", "such as minus 1 times 10 to the power of 9"),
        ("e³ is about 20", "e to the power of 3 is about 20"),
        ("A A⁻¹ = 1", "A A inverse equals 1"),
        ("|qᵢ − qⱼ|² ≥ 0", "the length of q i minus q j squared is at least 0"),
        ("h // n_rep", "h divided by n rep and rounded down"),
        ("β/α of it", "beta over alpha of it"),
        ("it → dog", "it to dog"),
        ("75 %", "75 percent"),
        ("`h.0.c_attn.weight`", "h dot 0 dot c attn dot weight"),
        ("0, 1, 2, …", "0, 1, 2 and so on"),
        ('he says "yes"', "he says yes"),
        ("It ends here. So it does.", "It ends here. So it does."),
        (r"$$ (x W_K) = (q W_K^\top) \cdot x $$", "(x times W K) equals (q times W K transposed) times x"),
        (r"$$ 2 \times n_\text{kv heads} $$", "2 times n K V heads"),
        (r"the product $W_\text{down} W_\text{up}$ of rank r", "the product W down W up of rank r"),
        (r"$$ c = x W_\text{down}, \qquad k_h = c\,W_{UK,h} $$", "c equals x W down, k h equals c W UK,h"),
        (r"$$ (q\,W_{UK}^\top) \cdot c $$", "(q W UK transposed) times c"),
    ],
)
def test_a_formula_is_said_as_one_would_say_it(written, said):
    assert spell(written) == said


def test_what_cannot_be_said_is_named():
    assert strange("plain, with a café (and 2.5)!") == ""
    assert strange("a ⊙ b ∈ c") == "∈⊙"


def test_every_sentence_of_every_lesson_can_be_said(scripts):
    for name, said in scripts.items():
        for each in said:
            words = each.get("say", each["text"])
            assert not strange(words), f"{name}: {words!r} has {strange(words)!r}: a rule in tools/narration/speller.py"


# -- sentences


def test_blocks_are_headings_paragraphs_and_items_and_tables_are_left_out():
    text = (
        "## A *b*\n\nOne `x.y`.\nTwo.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. [Link](a.md) here.\n\n```\ncode\n```\n"
    )
    assert list(blocks(text)) == [("h2", "A b"), ("p", "One `x.y`. Two."), ("p", "Link here.")]


@pytest.mark.parametrize(
    ("block", "count"),
    [
        ("One. Two! Three?", 3),
        ("Code such as `a. B` ends nothing.", 1),
        ("That is so, e.g. here and i.e. there.", 1),
        ('"Is it so?" asks the learner. "Yes."', 2),
        ("Version 3.2 is out. d_head comes first. So it is K. The end.", 4),
        ("(All of it in brackets.) Then more.", 2),
    ],
)
def test_a_block_is_split_where_a_sentence_ends(block, count):
    found = split(block)
    assert len(found) == count
    assert " ".join(found) == block


# -- the lessons


def test_the_lessons_prose_is_said_whole_and_in_its_order(root, scripts):
    """No sentence is missing: between what the lesson begins and ends with, every word of its paragraphs is said."""
    for lesson in map(read_lesson, [root / "lessons" / f"{name}.md" for name in scripts]):
        text = " ".join(each["text"] for each in scripts[lesson.path.stem])
        place = 0
        for cell in lesson.cells:
            if cell.kind != "markdown" or "## Further reading" in cell.source:
                continue
            for _, block in blocks(cell.source):
                for sentence in [] if block.startswith("$$") else split(block):
                    place = text.find(sentence, place)
                    assert place >= 0, f"{lesson.path.name}: {sentence}"


def test_questions_are_asked_and_the_player_waits_and_no_answer_is_said(root, scripts):
    for number, said in ((name[:2], said) for name, said in scripts.items()):
        (outline,) = (lesson for lesson in read_outline() if lesson.number == number)
        assert sum(bool(each.get("wait")) for each in said) == len(outline.predictions)
    words = {}
    for path in (root / "qkvlib" / "data" / "predictions").glob("*.json"):
        words |= json.loads(path.read_text(encoding="utf-8"))
    everything = " ".join(each["text"] for said in scripts.values() for each in said)
    explained = [each["explain"] for each in words.values() if each.get("explain")]
    assert len(explained) > 50
    assert [each for each in explained if each.replace("*", "") in everything] == []


def test_in_every_lesson_an_instrument_moves_along(scripts):
    assert len(scripts) >= 16
    for name, said in scripts.items():
        assert any("show" in each for each in said), f"{name}: lessons/narration/{name[3:]}.toml shows nothing"


def test_every_shown_state_is_one_that_an_instrument_of_the_lesson_can_have(scripts):
    """By the names, shapes and limits of the instruments; the site's build holds it against the very sheets."""
    from tools.site.shows import fitting

    made = [getattr(instruments, name)() for name in instruments.REGISTRY if name not in ("wild", "bug_clinic")]
    made += [instruments.wild("llama"), instruments.bug_clinic("fix_softmax_axis")]
    made += [instruments.real_head(layer=18, head=6, sentence="ship")]
    specs = [each.sheet.spec for each in made]
    for name, said in scripts.items():
        for each in said:
            if show := each.get("show"):
                candidates = [spec for spec in specs if spec["name"] == show["sheet"]]
                assert any(not fitting(show, spec) for spec in candidates), f"{name}: {each['text']}"


def test_what_the_build_wrote_is_what_the_lessons_say(scripts):
    for name, said in scripts.items():
        assert sentences(name[:2]) == said, f"{name}: run `make build`"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ('at = "Nobody says this"\nsheet = "a"\nstate = {}', "no sentence of lessons/01_one_token.md begin"),
        ('at = "The"\nsheet = "a"\nstate = {}', "sentences of lessons/01_one_token.md begin 'The'"),
        ('at = "Now the numbers."\nsay = "x"\nsheet = "a"\nstate = {}', "a show has `at`"),
        ("at = ", "Invalid value"),
    ],
)
def test_a_show_that_does_not_fit_is_refused_with_its_file(root, tmp_path, entry, reason):
    (tmp_path / "lessons" / "narration").mkdir(parents=True)
    lesson = shutil.copy(root / "lessons" / "01_one_token.md", tmp_path / "lessons")
    (tmp_path / "lessons" / "narration" / "one_token.toml").write_text(f"[[show]]\n{entry}\n", encoding="utf-8")
    with pytest.raises(Refusal, match=re.escape(reason)) as refusal:
        script(read_lesson(tmp_path / "lessons" / lesson.split("/")[-1]))
    assert "narration/one_token.toml" in str(refusal.value)


# -- the files


def test_sentences_are_joined_at_exactly_the_times_that_are_written_down():
    said = [Spoken(RATE, struct.pack("<h", 1000) * n) for n in (1600, 320, 4800)]
    track, times = joined(said, [False, True, False])
    assert times == [[0.0, 0.1], [0.4, 0.42], [1.22, 1.52]]
    levels = np.frombuffer(track, "<i2")
    for start, end in times:
        assert (levels[round(start * RATE) : round(end * RATE)] == 1000).all()
    assert (levels == 1000).sum() == 1600 + 320 + 4800


def test_a_lesson_is_heard_where_its_index_says(tmp_path, tone, wav_only):
    said = [
        {"text": "Short."},
        {"text": "W_Q is longer by far.", "say": "W Q is longer by far.", "ends": True},
        {"text": "End."},
    ]
    audio = narrate("01_a", said, tmp_path / "out", tone)
    index = json.loads(audio.with_suffix(".json").read_text(encoding="utf-8"))
    with wave.open(str(audio)) as sound:
        levels = np.abs(np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(int))
    heard = np.zeros(len(levels), bool)
    near = RATE // 1000  # times are written to the millisecond
    for start, end in index["times"]:
        heard[max(round(start * RATE) - near, 0) : round(end * RATE) + near] = True
        assert levels[round(start * RATE) : round(end * RATE)].mean() > 4000
    assert levels[~heard].max() == 0
    assert index["said"] == fingerprint(said)


@pytest.mark.slow
def test_the_command_says_only_what_has_changed(tmp_path, tone, wav_only, capsys):
    out = tmp_path / "narration"
    assert main(["17", "--voice", tone, "--out", str(out)]) == 0
    assert "1 lessons (1 new)" in capsys.readouterr().out
    found = recording("17", out)
    assert len(found.times) == len(sentences("17"))
    assert main(["17", "--voice", tone, "--out", str(out)]) == 0
    assert "(0 new)" in capsys.readouterr().out
    index = next(out.glob("*.json"))
    other = index.read_text(encoding="utf-8").replace(fingerprint(sentences("17")), "0" * 16)
    index.write_text(other, encoding="utf-8")
    assert recording("17", out) is None, "spoken from another text"
    index.write_text("{", encoding="utf-8")
    assert recording("17", out) is None, "damaged"


@pytest.mark.parametrize(
    ("voice", "reason"),
    [
        ("no-such-voice {wav}", "no-such-voice is not here: install it"),
        (f"{sys.executable} -c 'import sys; sys.exit(\"no licence\")'", "no licence"),
        (f"{sys.executable} -c pass", "it wrote no WAV file"),
        (
            f'{sys.executable} -c \'import sys; open(sys.argv[1], "w").write("hello")\' {{wav}}',
            "no WAV file that can be",
        ),
    ],
)
def test_a_voice_that_is_none_is_named_and_nothing_is_written(tmp_path, voice, reason, capsys):
    assert main(["17", "--voice", voice, "--out", str(tmp_path / "out")]) == 1
    assert reason in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unknown_lesson_is_named(capsys):
    assert main(["99"]) == 1
    assert "no lesson 99; there are 00, 01" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_voice_speaks_and_ten_lessons_are_small(tmp_path):
    """One lesson with the default voice; the longest ten, at the bytes a second of this one, take at most 30 MB."""
    required("espeak-ng", shutil.which("espeak-ng"))
    required("opusenc", shutil.which("opusenc"))
    assert main(["17", "--out", str(tmp_path)]) == 0
    found = recording("17", tmp_path)
    said = sum(len(each.get("say", each["text"])) for each in sentences("17"))
    size = found.audio.stat().st_size
    lengths = sorted(sum(len(e.get("say", e["text"])) for e in sentences(lesson.number)) for lesson in read_outline())
    assert sum(lengths[-10:]) * size / said <= 30e6
    assert found.kind == "audio/ogg; codecs=opus"


# -- the widget


@pytest.mark.slow
def test_the_widget_says_what_it_is_and_sends_its_recording_when_asked(tmp_path, tone, wav_only, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert repr(Narration("02")).startswith("Narration of lesson 02: 1")
    assert not Narration("02").recorded
    with pytest.raises(ValueError, match="lesson '2' has no narration"):
        Narration("2")
    assert main(["17", "--voice", tone, "--out", str(tmp_path / "narration")]) == 0
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    player = Narration("17")
    assert player.recorded
    assert player.times == recording("17").times
    sent = []
    monkeypatch.setattr(player, "send", lambda content, buffers=(): sent.append((content, list(buffers))))
    player._send_recording(player, "something else", [])
    assert sent == []
    player._send_recording(player, "recording", [])
    assert sent == [({"kind": "audio/wav"}, [recording("17").audio.read_bytes()])]
    recording("17").audio.unlink()
    player._send_recording(player, "recording", [])
    assert "error" in sent[-1][0]
