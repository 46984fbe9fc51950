"""A class of two with right notebooks, and `qkv grade` run on it, for the tests of whole runs."""

import csv
import io
import json

from classroom import course, submission
from typer.testing import CliRunner

from qkvlib.cli import app

BOOK = json.dumps(submission()).encode()


def small_class(place):
    """Write a course, a roster of two and their right notebooks below `place`."""
    course(place)
    (place / "roster.csv").write_text("student_id,name\ns01,Ada Byron\ns02,Emmy Noether\n")
    (place / "in").mkdir()
    for student in ("s01", "s02"):
        (place / "in" / f"{student}.ipynb").write_bytes(BOOK)
    return place


def grade(submissions="in", *more):
    """`qkv grade` with one worker."""
    command = ["grade", str(submissions), "--assignment", "exercises/02_two_tokens.ipynb", "--roster", "roster.csv"]
    return CliRunner().invoke(app, [*command, "--workers", "1", *more])


def scores(place, out="results"):
    rows = csv.DictReader(io.StringIO((place / out / "grades.csv").read_text(encoding="utf-8-sig")))
    return {row["student_id"]: float(row["score"]) if row["score"] else None for row in rows}
