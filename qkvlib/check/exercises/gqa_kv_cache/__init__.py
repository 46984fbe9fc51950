"""Exercises of the lesson `gqa_kv_cache`."""
