"""What a teacher reads about the whole class: counts kept while the records stream by, so a class of any size fits."""

from __future__ import annotations

import statistics
from collections import Counter
from urllib.parse import quote

from qkvlib.grading.assignment import Assignment
from qkvlib.grading.inbox import Inbox
from qkvlib.grading.remarks import WORTH_A_LOOK
from qkvlib.grading.roster import Student
from qkvlib.grading.sandbox import weakness
from qkvlib.grading.text import file_name, number

_LOOKS = 40  # lines worth a look, and students named in each
_WHO = 8  # students named beside a mistake
_GROUPS = 30  # groups of unnamed answers that are shown with their code
_SHARED = 6  # mistakes proposed for the next lesson
_ROWS = 400  # students in the table of the class report
_LEAD, _WIDE = 250, 470  # where the bars of the class report start, and how wide they get


class Totals:
    """Counts over the records, kept while they stream by."""

    def __init__(self, assignment: Assignment, due: str = ""):
        self.assignment, self.due = assignment, due
        self.scores: list[float] = []
        self.missing = self.unreadable = self.late = self.failed = 0
        self.unsafe = False
        self.walls: Counter = Counter()  # the walls that the submissions were graded behind
        self.statuses: dict[str, Counter] = {name: Counter() for name in assignment.graded}
        self.mistakes: Counter = Counter()
        self.examples: dict[tuple[str, str], tuple[str, list[dict]]] = {}
        self.looks: dict[str, list[dict]] = {}  # what -> students, for what a teacher should see
        self.inbox = Inbox()
        self.rows: list[tuple] = []  # (points, student id, who, signs), the lowest points first

    def add(self, record: dict, student: Student, score: float, is_late: bool) -> None:
        """Count one record; `score` is what its points are worth after a late penalty."""
        who = {"name": student.name or student.id, "id": student.id, "page": quote(file_name(student.id))}
        self.unsafe |= record["unsafe"]
        if record["file"] and not record["unsafe"]:
            self.walls[record.get("wall", "")] += 1
        self.late += is_late
        self.failed += record["failed"]
        for remark in record["remarks"]:
            if remark["kind"] in WORTH_A_LOOK:
                self.looks.setdefault(remark["text"], []).append(who)
        if record["problem"]:
            if record["failed"]:
                pass
            elif record["file"]:
                self.unreadable += 1
            else:
                self.missing += 1
            if not record["failed"]:
                self.looks.setdefault(record["problem"], []).append(who)
            self._row((-1.0, student.id, who, []))
            return
        self.scores.append(score)
        self.inbox.add(record, who)
        self._row((score, student.id, who, [r["status"] for r in record["results"]]))
        for r in record["results"]:
            self.statuses[r["name"]][r["status"]] += 1
            if r["status"] == "wrong":
                which = (r["name"], r["mistake"])
                self.mistakes[which] += 1
                _, named = self.examples.setdefault(which, (r["message"], []))
                if len(named) < _WHO:
                    named.append(who)
        ended = [r["name"] for r in record["results"] if r["mistake"] in _ENDED]
        if ended:
            names = " and ".join(f"`{name}`" for name in ended[:3]) + (" and more" if len(ended) > 3 else "")
            self.looks.setdefault(f"{names}: the process ended, or what came back was no answer.", []).append(who)

    def _row(self, row: tuple) -> None:
        self.rows.append(row)
        if len(self.rows) > 2 * _ROWS:
            self.rows = sorted(self.rows, key=lambda r: r[:2])[: _ROWS + 1]

    def summary(self) -> dict:
        """The class's numbers as plain data."""
        return {
            "assignment": self.assignment.slug,
            "title": self.assignment.title,
            "due": self.due,
            "graded": len(self.scores),
            "missing": self.missing,
            "unreadable": self.unreadable,
            "late": self.late,
            "failed": self.failed,
            "unsafe": self.unsafe,
            "walls": {wall or "not recorded": count for wall, count in sorted(self.walls.items())},
            "out_of": self.assignment.total,
            "mean": round(statistics.fmean(self.scores), 4) if self.scores else 0,
            "median": statistics.median(self.scores) if self.scores else 0,
            "statuses": {name: dict(sorted(counts.items())) for name, counts in self.statuses.items()},
            "unnamed": {"answers": self.inbox.answers, "groups": len(self.inbox.groups)},
            "mistakes": [
                {"exercise": exercise, "mistake": mistake, "count": count}
                for (exercise, mistake), count in sorted(self.mistakes.items(), key=lambda kv: (-kv[1], kv[0]))
            ],
        }

    def page(self) -> dict:
        """Everything the class report shows."""
        summary = self.summary()
        mistakes = [self._mistake(m) for m in summary["mistakes"]]
        rows = sorted(self.rows, key=lambda r: r[:2])
        return {
            **{key: summary[key] for key in ("due", "unsafe", "out_of", "mean", "median", "late")},
            "title": self.assignment.title,
            "weaker": [
                {"count": n, "what": text} for wall, n in sorted(self.walls.items()) if (text := weakness(wall))
            ],
            "n_graded": len(self.scores),
            "n_missing": self.missing,
            "n_unreadable": self.unreadable,
            "n_failed": self.failed,
            "n_full": sum(score >= self.assignment.total for score in self.scores),
            "histogram": histogram(self.scores, self.assignment.total),
            "exercises": [
                {
                    "number": place,
                    "name": item.name,
                    "title": item.title,
                    "counts": self.statuses[item.name],
                    "parts": _parts(self.statuses[item.name]),
                    "often": [m for m in mistakes if m["exercise"] == item.name and m["count"] > 1],
                    "once": [m for m in mistakes if m["exercise"] == item.name and m["count"] == 1],
                }
                for place, item in enumerate(self.assignment.items, 1)
            ],
            "shared": [m for m in mistakes if m["count"] > 1 and m["mistake"] not in _ENDED][:_SHARED],
            "inbox": self.inbox.by_size()[:_GROUPS],
            "more_groups": max(0, len(self.inbox.groups) - _GROUPS),
            "rows": [{"score": score, **who, "signs": signs} for score, _, who, signs in rows[:_ROWS]],
            "more_rows": max(0, len(self.scores) + self.missing + self.unreadable + self.failed - _ROWS),
            "looks": [
                {"what": what, "students": students[:_LOOKS], "more": max(0, len(students) - _LOOKS)}
                for what, students in list(self.looks.items())[:_LOOKS]
            ],
            "more_looks": max(0, len(self.looks) - _LOOKS),
        }

    def _mistake(self, counted: dict) -> dict:
        message, who = self.examples[counted["exercise"], counted["mistake"]]
        share = round(100 * counted["count"] / len(self.scores))
        return {**counted, "message": message, "who": who, "more": counted["count"] - len(who), "share": share}


_ENDED = ("not-judged", "not-an-answer", "stopped")


def _parts(counts: Counter) -> list[dict]:
    total, x, parts = sum(counts.values()), float(_LEAD), []
    for status in ("correct", "wrong", "todo"):
        if counts[status]:
            width = _WIDE * counts[status] / total
            parts.append({"status": status, "count": counts[status], "x": round(x, 1), "w": round(width - 2, 1)})
            x += width
    return parts


def histogram(scores: list[float], total: float) -> dict:
    """Bars over the points reached: one per point up to 20 points, else a tenth of the total each."""
    if total <= 20 and float(total).is_integer():
        counts = Counter(min(int(score), int(total)) for score in scores)
        names = [(str(n), counts[n]) for n in range(int(total) + 1)]
    else:
        counts = Counter(min(int(10 * score / total), 9) if total else 0 for score in scores)
        edges = [number(total * n / 10) for n in range(11)]
        names = [(f"{edges[n]}-{edges[n + 1]}", counts[n]) for n in range(10)]
    top, base = max([count for _, count in names] or [1]) or 1, 150
    step = 720 / len(names)
    bars = []
    for i, (name, count) in enumerate(names):
        height = round(118 * count / top, 1)
        x = i * step + 4
        bars.append({"x": round(x, 1), "w": round(step - 8, 1), "y": base - height, "h": height}
                    | {"mid": round(i * step + step / 2, 1), "name": name, "count": count})  # fmt: skip
    label = "; ".join(f"{name}: {count}" for name, count in names if count)
    return {"bars": bars, "base": base, "height": base + 30, "label": f"{label}." if label else "Nobody yet."}
