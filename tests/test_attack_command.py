"""`qkv doctor --attack`: which walls it tries, what it writes, and that any effect is an error."""

import json

import pytest
from typer.testing import CliRunner

from qkvlib.cli import app
from qkvlib.grading.attacks import command, run, table
from qkvlib.grading.attacks.attack import Attack
from qkvlib.grading.sandbox import SandboxUnavailable


def doctor(*arguments):
    return CliRunner().invoke(app, ["doctor", *map(str, arguments)])


@pytest.fixture
def few(monkeypatch):
    """A short list, so that a whole run takes seconds."""
    monkeypatch.setattr(table, "INSIDE", [attack for attack in table.INSIDE if attack.kind == "the environment"])
    monkeypatch.setattr(table, "SECOND_ONLY", table.SECOND_ONLY[:3])
    monkeypatch.setattr(table, "OUTSIDE", [table.OUTSIDE[0], table.OUTSIDE[-1]])


@pytest.mark.sandbox
def test_every_wall_that_stands_is_attacked_and_a_file_says_what_came_of_each(few, tmp_path, bubblewrap, second_wall):
    done = doctor("--attack", "--json", tmp_path / "attacks.json")
    assert done.exit_code == 0, done.output
    assert "25 attacks, 0 with an effect." in done.output
    told = json.loads((tmp_path / "attacks.json").read_text())
    assert set(told["walls"]) == {"bubblewrap", second_wall}
    assert len(told["attacks"]) == 25
    assert {row["effect"] for row in told["attacks"]} == {""}
    assert all(row["stopped by"] for row in told["attacks"])


@pytest.mark.sandbox
def test_an_attack_that_works_is_named_and_an_error(few, tmp_path, bubblewrap, monkeypatch):
    works = Attack("the environment", "two and two", "arithmetic", "return 2 + 2 == 4")
    monkeypatch.setattr(table, "INSIDE", [*table.INSIDE, works])
    done = doctor("--attack", "--wall", "bubblewrap", "--json", tmp_path / "attacks.json")
    assert done.exit_code == 1
    assert "bubblewrap: the environment: two and two: it worked" in done.output
    assert "12 attacks, 1 with an effect." in done.output
    told = json.loads((tmp_path / "attacks.json").read_text())
    assert [row["attack"] for row in told["attacks"] if row["effect"]] == ["two and two"]


@pytest.mark.sandbox
def test_points_for_nothing_and_a_neighbours_loss_are_effects(bubblewrap, tmp_path, monkeypatch):
    right = Attack("more than one's share", "a right answer", "", run.submission()["cells"][3]["source"])
    with run.victim(tmp_path), run.Sandbox(run.QUICK) as sandbox:
        task = run.assignment.load(tmp_path / "exercises" / "02_two_tokens.ipynb")
        assert run.try_as_answer(sandbox, task, right).effect == "points for softmax"
        graded, real = [], run.grader.grade_cells

        def second_one_is_lost(*arguments):
            graded.append(real(*arguments))
            if len(graded) == 2:
                graded[1].results[0].points = 0
            return graded[-1]

        monkeypatch.setattr(run.grader, "grade_cells", second_one_is_lost)
        assert run.try_as_answer(sandbox, task, table.OUTSIDE[0]).effect == run.NEIGHBOUR


def test_a_wall_that_does_not_stand_is_named_and_none_at_all_is_an_error(monkeypatch):
    monkeypatch.setattr(command, "walls_here", lambda asked: ({}, {"bubblewrap": "It is not installed."}))
    done = doctor("--attack")
    assert done.exit_code == 1
    assert "The wall bubblewrap does not stand here. It is not installed." in done.output
    assert "nothing to attack" in done.output


def test_options_that_do_not_fit_are_refused(monkeypatch):
    assert "go with --attack" in doctor("--json", "x.json").output
    refused = doctor("--attack", "--wall", "paper")
    assert refused.exit_code == 1
    assert "it is bubblewrap or second" in refused.output


def test_an_attack_that_ends_its_process_takes_no_other_with_it(monkeypatch):
    """Then each is tried by itself, and the one that did it is told apart."""

    class Fragile:
        wall = "bubblewrap"

    def answer(sandbox, code):
        return None if "ends it" in code else {"0": (False, "")} if "attack_1" not in code else None

    monkeypatch.setattr(run, "value_from_inside", answer)
    attacks = [Attack("k", "a", "w", "return 'ends it'"), Attack("k", "b", "w", "return False")]
    outcomes = run.try_inside(Fragile(), attacks, {})
    assert [(o.attack.name, o.effect, o.met) for o in outcomes] == [("a", "", "its process was ended"), ("b", "", "")]


def test_a_wall_that_breaks_in_the_middle_is_told(monkeypatch):
    def breaks(*arguments):
        raise SandboxUnavailable("It went away.")

    monkeypatch.setattr(command, "walls_here", lambda asked: ({"bubblewrap": []}, {}))
    monkeypatch.setattr(run, "run", breaks)
    done = doctor("--attack")
    assert (done.exit_code, "It went away." in done.output) == (1, True)
