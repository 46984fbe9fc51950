"""Anything at all, read by grading: notebooks, archives, names, messages, rosters, journals.

Nothing but the refusals that are written down may come of it.

`python -m benchmarks.fuzz` runs the same properties on thousands of inputs; here on a modest number.
"""

import contextlib
import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

import pytest
from classroom import SECRET, course, submission
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qkvlib.grading import assignment, collect, report, worker
from qkvlib.grading.inside import extract, newer
from qkvlib.grading.inside.wire import WireError, read_frame
from qkvlib.grading.journal import Journal
from qkvlib.grading.notebook import NotebookProblem, parse
from qkvlib.grading.platforms import harmless
from qkvlib.grading.records import is_record
from qkvlib.grading.roster import CollectError, Student, read_roster
from qkvlib.grading.sandbox import Limits, Sandbox, replies
from qkvlib.grading.text import clean, file_name, quoted

EXAMPLES = int(os.environ.get("QKV_FUZZ", "40"))
fuzz = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
text = st.text(st.characters(exclude_categories=()), max_size=40)  # half characters, too
json_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)


def or_anything(key_values):
    """A dictionary of these fields, some of them missing and some of them anything."""
    fields = {key: value | json_value for key, value in key_values.items()}
    return st.fixed_dictionaries({}, optional=fields)


source = text | st.sampled_from(
    [
        "def scores(Q, K):\n    return Q",
        "softmax = 5",
        "del scores",
        "%%bash\nx",
        "f'{x[\"a\"]}'",
        "import os\nos._exit(1)",
    ]
)
cell = or_anything(
    {
        "cell_type": st.sampled_from(["code", "markdown", "raw"]),
        "source": source | st.lists(source, max_size=3),
        "metadata": or_anything({"nbgrader": or_anything({"grade_id": text}), "tags": st.lists(text, max_size=2)}),
        "id": st.sampled_from(["scores", "softmax"]) | text,
    }
)
about = or_anything({"qkv": or_anything({"student": text, "mark": text, "assignment": text})})
book = or_anything({"cells": st.lists(cell, max_size=6), "worksheets": st.lists(cell, max_size=2), "metadata": about})


def dumped(value, encoding="utf-8"):
    return json.dumps(value, ensure_ascii=True).encode(encoding)


notebook_bytes = st.binary(max_size=80) | book.map(dumped) | book.map(lambda b: dumped(b, "utf-16")) | st.tuples(
    book.map(dumped), st.integers(0, 200), st.binary(max_size=4)
).map(lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] :])  # fmt: skip


@fuzz
@given(notebook_bytes)
def test_any_bytes_are_a_notebook_or_a_sentence(data):
    with contextlib.suppress(NotebookProblem):
        found = parse(data)
        graded = ["scores", "softmax"]
        extract.plan(found.cells, graded, [{"source": "import numpy as np"}], graded)


@fuzz
@given(text)
def test_any_text_is_source(code):
    newer.requoted(code)
    extract.parse_cell(code, 0)


name = st.one_of(
    text,
    st.sampled_from(
        ["s1", "s2", "Ada Byron_3_assignsubmission_file", "byronada_LATE_1_2_w", "..", "/", "C:\\x", "in (2)"]
    ),
    st.text("\U0001d400\\/._-0123456789 ()", max_size=300),
)
path = st.lists(name, min_size=1, max_size=4).map("/".join).map(lambda p: p + ".ipynb")


@fuzz
@given(st.lists(path, min_size=1, max_size=8))
def test_any_names_in_an_archive_find_one_student_each_and_the_rosters_own(paths):
    roster = [Student("s1", "Ada Byron"), Student("s2", "Emmy Noether")]
    paths = list(dict.fromkeys(p.encode("utf-8", "replace").decode() for p in paths if "\0" not in p))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "all.zip")
        with zipfile.ZipFile(place, "w") as archive:
            for p in dict.fromkeys([*paths, "s1.ipynb"]):
                archive.writestr(p, b"{}")
        with collect.Source(place) as opened:
            found = collect.collect(opened, roster, "02_two_tokens", lambda student, mark: False)
            for submission_ in found:
                with contextlib.suppress(NotebookProblem):
                    opened.read(submission_.file or "none")
    students = [submission_.student for submission_ in found]
    assert len(set(students)) == len(students)
    assert {"s1", "s2"} <= set(students)
    for student in students:
        assert len(file_name(student).encode()) <= 120
        assert not set(file_name(student)) & set("/\\\0\n")


@fuzz
@given(st.binary(max_size=300), st.integers(0, 250), st.binary(max_size=8))
def test_any_bytes_are_an_archive_or_a_sentence(data, at, change):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("s1.ipynb", data)
    whole = bytearray(buffer.getvalue())
    whole[at : at + len(change)] = change
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "all.zip")
        place.write_bytes(bytes(whole))
        with contextlib.suppress(CollectError), collect.Source(place) as opened:
            for submission_ in collect.collect(opened, [Student("s1")], "02_two_tokens"):
                with contextlib.suppress(NotebookProblem):
                    opened.read(submission_.file)


tree = st.recursive(
    or_anything({"k": st.sampled_from(["none", "bool", "int", "float", "str", "foreign", "array", "scalar", "list"]),
                 "v": json_value, "d": st.sampled_from(["<f8", "|b1", "|O"]), "s": st.lists(st.integers(), max_size=3),
                 "o": st.integers(), "t": text}),
    lambda inner: st.fixed_dictionaries({"k": st.sampled_from(["list", "dict"]), "v": st.lists(inner, max_size=3)}),
    max_leaves=6,
)  # fmt: skip
message = or_anything(
    {
        "event": st.sampled_from(["found", "prepared", "answer", "call", "done"]),
        "name": st.sampled_from(["scores", "softmax"]),
        "results": st.lists(or_anything({"kind": st.just("returned"), "value": tree}), max_size=3),
        "missing": st.lists(text, max_size=2),
        "findings": st.lists(or_anything({"kind": st.just("renamed"), "name": text, "other": text}), max_size=2),
        "uses": st.dictionaries(text, st.lists(text, max_size=2), max_size=2),
        "problems": st.lists(or_anything({"cell": st.integers(), "line": st.integers()}), max_size=2),
        "source": st.sampled_from(["library", "answer"]),
        "args": st.lists(tree, max_size=2),
        "keywords": st.dictionaries(text, tree, max_size=2),
    }
)


@fuzz
@given(message.map(dumped) | st.binary(max_size=60), st.binary(max_size=64))
def test_any_message_fits_the_schema_or_is_refused(header, body):
    with contextlib.suppress(WireError):
        replies.parse(header, body)


@fuzz
@given(st.binary(max_size=60))
def test_any_bytes_are_a_frame_or_refused(data):
    with contextlib.suppress(WireError):
        read_frame(io.BytesIO(data).read)


row = st.lists(text, min_size=1, max_size=4).map(",".join)
table = st.lists(row, max_size=6).map(lambda rows: "\n".join(["student_id,name", *rows]).encode("utf-8", "replace"))


@fuzz
@given(st.binary(max_size=80) | table)
def test_any_bytes_are_a_roster_or_a_sentence(data):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "roster.csv")
        place.write_bytes(data)
        with contextlib.suppress(CollectError):
            read_roster(place)


@fuzz
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=30) | json_value.map(dumped)), max_size=6))
def test_any_line_in_a_journal_costs_no_record_beside_it(lines):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "journal.jsonl")
        keys, content = [], b""
        for n, (ours, alien) in enumerate(lines):
            if ours:
                keys.append(f"k{n}")
                record = dict.fromkeys(("student", "file", "problem"), "") | {"key": keys[-1], "answers": {}}
                record |= {"failed": False, "unsafe": False, "remarks": [], "results": []}
                content += dumped(record) + b"\n"
            else:
                content += alien.replace(b"\n", b"") + b"\n"
        place.write_bytes(content + b'{"torn')
        with Journal(place, is_record) as journal:
            assert list(journal.keys) == keys
            assert [r["key"] for r in journal.records(keys)] == keys


@fuzz
@given(text)
def test_any_text_is_shown_in_one_line_with_nothing_invisible(said):
    for shown in (clean(said), quoted(said), harmless(said)):
        assert shown.isprintable()


# -- all the way -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def task(tmp_path_factory):
    return assignment.load(course(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def sandbox(bubblewrap):
    with Sandbox(Limits(seconds=0.5, cpu_total=2, wall=8)) as started:
        yield started


@pytest.mark.sandbox
@settings(fuzz, max_examples=max(15, EXAMPLES // 8))
@given(notebook_bytes, text)
def test_any_submission_has_a_record_and_a_page_and_its_neighbour_full_marks(sandbox, task, data, label):
    job = worker.Job(task, SECRET, limits=sandbox.limits)
    items = [("s1", label, data), ("s2", "s2.ipynb", json.dumps(submission()).encode())]
    records = [
        worker.grade_submission(
            sandbox, job, key=f"k{n}" * 8, student=student, file=file, data=raw, problem="", remarks=[]
        )
        for n, (student, file, raw) in enumerate(items)
    ]
    assert all(is_record(json.dumps(record).encode()) for record in records)
    assert sum(result["points"] for result in records[1]["results"]) == task.total
    with tempfile.TemporaryDirectory() as folder:
        written = report.write_report(Path(folder), task, records, [])
        assert len(list(Path(folder, "feedback").glob("*.html"))) == 2
    assert not written["failed"]
