"""Everything that is computed from the course secret, by one keyed hash: seeds, marks, the names of gradings."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

RULES = "4"  # raise it when grading itself changes, so that a resumed run does not mix two sets of rules


def keyed(secret: bytes, *parts: str | bytes) -> bytes:
    """HMAC-SHA256 of the parts, which hold no null bytes but for the last."""
    raw = [part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass") for part in parts]
    return hmac.new(secret, b"\0".join(raw), hashlib.sha256).digest()


def normal_id(student: str) -> str:
    """A student id in the one form that is matched and that seeds and marks are made from, however it was typed."""
    return unicodedata.normalize("NFC", student).casefold()


def seed_for(secret: bytes, slug: str, student: str, *parts: str) -> int:
    """A 128-bit seed for a student's inputs or numbers in one assignment."""
    return int.from_bytes(keyed(secret, slug, normal_id(student), *parts)[:16], "big")


def mark_for(secret: bytes, slug: str, student: str) -> str:
    """What a handed-out notebook carries to show which assignment it is and for whom it was made."""
    return keyed(secret, "handout", slug, normal_id(student)).hex()[:32]


def is_mark(secret: bytes, slug: str, student: str, mark: str) -> bool:
    """Whether `mark` is the one that `student` was given for this assignment."""
    return hmac.compare_digest(mark_for(secret, slug, student).encode(), mark.encode("utf-8", "replace"))


def key_for(secret: bytes, data: bytes, *parts: str) -> str:
    """Names a grading: the same key means the same grade. Keyed, so that it gives nothing away."""
    words = [part.encode("utf-8", "surrogatepass") for part in (RULES, *parts)]
    return keyed(secret, "grading", hashlib.sha256(data).digest() + b"\0".join(words)).hex()[:32]
