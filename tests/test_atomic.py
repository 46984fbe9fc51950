"""Whole or not at all: what stands where a write was refused is what stood there before."""

import os
import stat

import pytest

from qkvlib.atomic import replace_folder, write_atomically, write_together


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_text_and_bytes_arrive_as_they_are_and_folders_are_made(tmp_path):
    write_atomically(tmp_path / "deep" / "a.txt", "é\r\n")
    write_atomically(tmp_path / "deep" / "b.bin", b"\x00\xff")
    assert (tmp_path / "deep" / "a.txt").read_bytes() == "é\r\n".encode()
    assert (tmp_path / "deep" / "b.bin").read_bytes() == b"\x00\xff"
    assert names(tmp_path / "deep") == ["a.txt", "b.bin"]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_secret_is_never_readable_to_others_and_other_files_follow_the_umask(tmp_path):
    before = os.umask(0o022)
    try:
        write_atomically(tmp_path / "secret", "x", mode=0o600)
        write_atomically(tmp_path / "page", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "page").stat().st_mode) == 0o644


def test_none_of_several_is_written_when_one_cannot_be(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(OSError):  # noqa: PT011 - which subclass depends on the system
        write_together({tmp_path / "a": "new", tmp_path / "file" / "b": "new"})
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a", "file"]


def test_a_disk_that_fills_up_leaves_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(tmp_path / "a", "new")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_folder_takes_anothers_place(tmp_path):
    for name in ("fresh", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    replace_folder(tmp_path / "fresh", tmp_path / "target")
    assert names(tmp_path) == ["target"]
    assert names(tmp_path / "target") == ["fresh"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "kept").touch()
    with pytest.raises(OSError):  # noqa: PT011 - which subclass depends on the system
        replace_folder(tmp_path / "missing", tmp_path / "target")
    assert names(tmp_path) == ["target"]
    assert names(tmp_path / "target") == ["kept"]
