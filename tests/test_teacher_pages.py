"""The pages that a teacher reads beside the class report, in a browser: for everybody, on a phone, in the dark."""

import pytest
from axe import violations
from batch_run import a_record, task  # noqa: F401 - task is a fixture

from qkvlib.grading import report
from qkvlib.grading.doors import ags
from qkvlib.grading.doors.results import open_results, write_export
from qkvlib.grading.graded import read_graded
from qkvlib.grading.oral import Question, Sheet
from qkvlib.grading.overview import overview, write_page
from qkvlib.grading.pages import render
from qkvlib.grading.roster import Student


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1280])
def test_they_fit_and_are_readable(task, tmp_path, browser, scheme, width):  # noqa: F811
    records = [
        a_record(
            "p01", task, remarks=[{"kind": "several-files", "text": "2 notebooks were handed in; “" + "x" * 90 + "”"}]
        ),
        a_record("p02", task, remarks=[{"kind": "late", "text": "Canvas marks this submission as late."}]),
        a_record("p03", task, file="", problem="Nothing was handed in."),
    ]
    report.write_report(
        tmp_path, task, records, [Student("p01", "王小明"), Student("p02", "محمد"), Student("p03", "x" * 60)]
    )
    results = open_results(tmp_path)
    write_export(results, "ags", ags.export(results), tmp_path / ("a_long_folder_name_" * 3))
    one = write_page(overview(results, None), tmp_path)
    student = next(read_graded(tmp_path / "graded.jsonl"))
    code = "def f(a):\n    return " + "a @ " * 60 + "a  # <script>"
    asked = [
        Question("scores", "Scores", "numbers", [("Q", "[[1, 2]]"), ("K", "[" * 90)], "[[3]]", "[[4]]"),
        Question(
            "softmax", "", "code", [("z", "[1, 2]")], "ValueError: “<b>”", "", "return " + "z" * 200, "z", "[0.5, 0.5]"
        ),
    ]
    sheets = [Sheet(student, asked, {"scores": code}), Sheet(student, why_none="Nothing can be asked.")]
    two = tmp_path / "oral.html"
    two.write_text(render("oral.html", title="T", sheets=sheets), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    shown = context.new_page()
    for path in (one, two):
        shown.goto(path.as_uri())
        assert violations(shown, "body") == [], path.name
        assert shown.evaluate("document.documentElement.scrollWidth") == width, path.name
        assert shown.locator("script").count() == 0
    context.close()
