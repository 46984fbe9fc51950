"""What learners call: `check.scores(scores)` -> Verdict."""
