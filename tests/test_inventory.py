"""The inventory: what is asked, kept and counted, and that nothing more is claimed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.course import inventory, progress

FAMILIES = {path.stem for path in (Path(inventory.__file__).parents[1] / "check/misconceptions").glob("[!_]*.py")}


def right(question, options):
    return options.index(question.options[0])


def wrong(question, options):
    return options.index(question.options[1])


def run(*arguments, **more):
    return CliRunner().invoke(app, ["inventory", *arguments], **more)


def test_twelve_questions_of_twelve_families():
    asked = inventory.questions()
    assert len({question.family for question in asked}) == len(asked) == 12
    assert {question.family for question in asked} <= FAMILIES
    for question in asked:
        assert len(set(question.options)) == 4, question.family
        assert sorted(question.shuffled("before")) == [0, 1, 2, 3]
    first = [question.shuffled("before").index(0) for question in asked]
    assert len(set(first)) == 4, "the right one stands in no place of its own"


def test_what_can_be_computed_is_right():
    import numpy as np

    answers = {question.family: question.options[0] for question in inventory.questions()}
    assert answers["by_hand"] == str((np.array([1, 2]) @ np.array([[3, 0], [1, 4]])).tolist())
    assert answers["one_query"] == ("The first", "The second")[int(np.argmax(np.array([[2, 5], [3, 1]]) @ [1, 0]))]
    assert answers["sharing"] == {4: "A quarter"}[8 // 2]


def test_three_sittings_in_their_order():
    for sitting, says in (("after", "Begin with"), ("later", "Begin with"), ("never", "There is no sitting never")):
        with pytest.raises(inventory.InventoryError, match=says):
            inventory.sit(sitting, right)
    assert inventory.sit("before", wrong) == 0
    with pytest.raises(inventory.InventoryError, match="Take `qkv inventory after` first"):
        inventory.sit("later", right)
    with pytest.raises(inventory.InventoryError, match="already"):
        inventory.sit("before", right)
    assert inventory.sit("after", lambda question, options: None) == 0, "no answer is not right"
    text = "\n".join(inventory.own_report())
    assert "softmax" not in text, "which were right is not shown while they may be asked again"
    assert inventory.CAVEAT in text
    assert inventory.sit("later", right) == 12
    assert "softmax" in "\n".join(inventory.own_report())


def test_by_the_command(tmp_path):
    assert "Nothing was answered yet" in run().output
    assert run("--export", str(tmp_path / "x.json")).exit_code == 1
    done = run("before", input="9\nx\n" + "1\n" * 12)
    assert done.exit_code == 0, done.output
    assert "of 12 right. Kept with your progress" in done.output
    assert run("before").exit_code == 1
    assert run("--export", str(tmp_path / "mine.json")).exit_code == 0
    first = json.loads((tmp_path / "mine.json").read_text())
    assert set(first) == {"format", "number", "right"}
    assert run("--export", str(tmp_path / "mine.json")).exit_code == 0
    assert json.loads((tmp_path / "mine.json").read_text()) == first, "the same number each time"


def export_of(folder, name, **sittings):
    families = [question.family for question in inventory.questions()]
    taken = {sitting: dict.fromkeys(families, value) for sitting, value in sittings.items()}
    (folder / f"{name}.json").write_text(json.dumps({"format": inventory.FORMAT, "number": name, "right": taken}))


def test_a_class_is_counted_and_a_small_group_is_not(tmp_path):
    for n in range(4):
        export_of(tmp_path, f"n{n}", before=False, after=True)
    export_of(tmp_path, "once", before=True)
    (tmp_path / "n1-again.json").write_text((tmp_path / "n1.json").read_text())
    text = run("--class", str(tmp_path)).output
    assert text.count("fewer than 5 took both") == 3
    assert "softmax" not in text
    export_of(tmp_path, "n4", before=True, after=True)
    (tmp_path / "notes.json").write_text("[]")
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "part.json").write_text(
        json.dumps({"format": inventory.FORMAT, "number": "p", "right": {"before": {}}})
    )
    done = run("--class", str(tmp_path))
    assert done.exit_code == 0
    assert "before and after: 5 took both" in done.output
    assert f"{'softmax':<13}{1:>8}{5:>8}" in done.output
    assert inventory.CAVEAT in done.output
    assert "No inventory, and not counted: deep.json, notes.json, part.json." in done.output
    for word in ("gain", "improve", "learnt", "effect"):
        assert word not in done.output, "counted, not explained"
    assert (run("--class", str(tmp_path / "nowhere")).exit_code, run("--class", str(tmp_path / "nowhere")).stdout) == (
        1,
        "",
    )


def test_what_is_kept_may_be_damaged():
    progress.record("inventory", "before", right=[1, 2])
    assert inventory.taken() == {}
    progress.record("inventory", "before", right={"softmax": "yes", "stranger": True})
    assert sum(inventory.taken()["before"].values()) == 0
