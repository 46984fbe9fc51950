"""Exercises of the lesson `bug_clinic`."""
