"""Grading that dies: what a worker process does over a submission that takes its process down with it."""

import os
import signal


def grade_chunk(job, chunk):
    """Records of a chunk; the process is killed outright once it comes to the student `killer`."""
    records = []
    for item in chunk:
        if item["student"] == "killer":
            os.kill(os.getpid(), signal.SIGKILL)
        records.append({"key": item["key"], "student": item["student"], "problem": ""})
    return records
