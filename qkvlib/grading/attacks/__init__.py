"""Attacks on the grader, as data, and what runs them: `make test` and `qkv doctor --attack` use the same list."""
