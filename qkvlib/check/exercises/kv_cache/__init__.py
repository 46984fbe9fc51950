"""Exercises of the lesson `kv_cache`."""
