"""The classroom: individual assignments, a sandboxed runner, batch grading, reports."""
