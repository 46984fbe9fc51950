"""Gradescope: an autograder that grades each submission there, and the form of the results that it writes.

Specification: gradescope-autograders.readthedocs.io, "Autograder Specifications" and "Submission Metadata" (their
source is docs/ of gradescope/autograder_samples).
"""

from __future__ import annotations

from qkvlib.grading.text import HEADINGS


def results_json(record: dict) -> dict:
    """A journal's record in the form of results.json, with every output as plain text: nothing in it is markup."""
    tests = [
        {
            "name": r["name"],
            "score": r["points"],
            "max_score": r["out_of"],
            "status": "passed" if r["status"] == "correct" else "failed",
            "output": " ".join(part for part in (HEADINGS[r["status"]] + ".", r["message"], r["note"]) if part),
            "output_format": "text",
            "visibility": "visible",
        }
        for r in record["results"]
    ]
    warning = "Graded without the sandbox. " if record["unsafe"] else ""
    text = warning + " ".join([record["problem"], *(remark["text"] for remark in record["remarks"])])
    score = sum(r["points"] for r in record["results"])
    return {
        "score": score,
        "output": text.strip(),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
