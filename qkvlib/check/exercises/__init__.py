"""The exercises: one module each, in a folder by the slug of its lesson, with one `EXERCISE`. None imports another."""
