"""Lesson 9."""

EXERCISES = ()
