"""The exercises of the lesson on sharing keys and values."""
