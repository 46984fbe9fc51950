"""A checkpoint on a hub, read by byte range: what was asked for travels, is kept on disk, and nothing else.

A server that ignores byte ranges sends the whole file instead; it is then kept whole, up to a limit.

The cache: <QKV_CACHE or the user's cache folder>/<host>/<repo>/<commit>/<file>/<start>-<stop>.bin. Under a commit
nothing ever changes. A server that names no commit is asked again on every load whether the file is still the same.

Why this is not huggingface_hub (2.4.0, measured against a local server, a layer of 20 KB in a file of 3.2 MB): its
`hf_hub_download` keeps what it fetched, but fetches the whole file; its `HfFileSystem` fetches no more than was asked
for, but keeps nothing, so a second load travels again.
"""

import http.client
import json
import os
import re
import shutil
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path
from urllib.parse import quote

import platformdirs

from qkvlib.atomic import write_atomically

from .errors import CheckpointError
from .http import PAUSES, Hub, NetworkError, NotThereError, Reply, get
from .local import MAX_JSON, LocalFile, parse_json

CHUNK = 1 << 20
_BAR_FROM = 1 << 20  # bytes; below a megabyte a progress bar is only a flicker
_ABANDONED = 120  # seconds after which a part nobody writes to may be taken over


class HubFolder:
    """The files of one repository at one revision. Same methods as `LocalFolder`."""

    def __init__(self, repo: str, revision: str, max_download: int, progress: bool) -> None:
        self.name = repo
        self.hub = Hub.from_environment()
        self.max_download = max_download
        self.progress = progress
        cache = os.environ.get("QKV_CACHE") or platformdirs.user_cache_dir("qkvlib", appauthor=False)
        host = re.sub(r"[^\w.-]", "_", self.hub.host)
        self._root = Path(cache).expanduser() / host / repo.replace("/", "--")
        self.pinned = bool(re.fullmatch(r"[0-9a-f]{40}", revision))
        self.revision = revision
        if not self.pinned:
            self._pin()

    def _pin(self) -> None:
        """Ask which commit the revision is now, so that all bytes come from one; offline, use the last known answer."""
        note = self._root / "refs" / quote(self.revision, safe="")
        try:
            commit = self._ask_commit()
        except NetworkError:
            try:
                commit = note.read_text(encoding="ascii")
            except OSError:
                commit = None
            if not (commit and re.fullmatch(r"[0-9a-f]{40}", commit)):
                raise
        if commit:
            _keep(note, commit.encode("ascii"))
            self.pinned, self.revision = True, commit

    def _ask_commit(self) -> str | None:
        try:
            with get(self.hub, self.path("config.json"), self.name, byte_range=(0, 1)) as reply:
                return reply.commit
        except NotThereError as absent:
            return absent.commit

    def json(self, filename: str) -> dict | None:
        """The parsed file, or None where the repository has none."""
        file = HubFile(self, filename)
        absent = file.folder / "absent"
        if self.pinned and absent.exists():
            return None
        try:
            whole = file.whole(MAX_JSON)
        except NotThereError:
            if self.pinned:
                _keep(absent, b"")
            return None
        try:
            return parse_json(whole, f"{self.name}: {filename}")
        except CheckpointError:
            file.forget()
            raise

    def open(self, filename: str) -> "HubFile | None":
        """The file as a `ByteSource`, or None where the repository has none."""
        file = HubFile(self, filename)
        try:
            file.read(0, 8)  # the header length, which every reader asks for first
        except NotThereError:
            return None
        return file

    def path(self, filename: str) -> str:
        """What follows the hub's address in a request for the file."""
        return f"/{quote(self.name)}/resolve/{quote(self.revision, safe='')}/{quote(filename)}"

    def keep(self, filename: str) -> Path:
        """The folder of the cache that belongs to the file."""
        place = self.revision if self.pinned else f"unpinned-{quote(self.revision, safe='')}"
        return self._root / place / filename


class HubFile:
    """A file on a hub as a `ByteSource`; `size` is known once something was read."""

    def __init__(self, folder: HubFolder, filename: str) -> None:
        self.name = filename
        self.size: int | None = None
        self.folder = folder.keep(filename)
        self._hub, self._repo, self._path = folder.hub, folder.name, folder.path(filename)
        self._max_download, self._progress = folder.max_download, folder.progress
        self._pinned = folder.pinned
        self._known_same = folder.pinned  # what is kept on disk is what the server has now
        if self._known_same:
            self.size = self._kept_identity().get("size")

    def read(self, start: int, stop: int) -> bytes:
        """The bytes from disk where they are kept, else from the hub."""
        if self._known_same:
            kept = self._kept(start, stop)
            if kept is not None:
                return kept
        self._fetch(start, stop)
        kept = self._kept(start, stop)
        if kept is None:
            raise CheckpointError(f"{self.name}: bytes {start:,} to {stop:,} vanished from the cache; load it again.")
        return kept

    def whole(self, limit: int) -> LocalFile:
        """The whole file, fetched unless it is kept, as a `LocalFile`; `limit` is the most bytes it may have."""
        if not (self._known_same and self._whole_path.exists()):
            with get(self._hub, self._path, self._repo) as reply:
                self._take_whole(reply, limit)
        return LocalFile(self._whole_path)

    def forget(self) -> None:
        """Drop what is kept of the file: it proved unsound, as when a login page was sent in its place."""
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- what is kept ---------------------------------------------------------------------------------------------

    @property
    def _whole_path(self) -> Path:
        return self.folder / "whole.bin"

    def _kept(self, start: int, stop: int) -> bytes | None:
        with suppress(FileNotFoundError):
            whole = LocalFile(self._whole_path) if self._whole_path.exists() else None
            if whole is not None:
                self.size = whole.size
                return whole.read(start, stop)
            for piece in self.folder.glob("*-*.bin"):
                first, last = map(int, piece.stem.split("-"))
                if first <= start and stop <= last:
                    if piece.stat().st_size != last - first:
                        piece.unlink()  # cut short by a crash of the machine: fetch it again
                        continue
                    return LocalFile(piece).read(start - first, stop - first)
        return None

    def _kept_identity(self) -> dict:
        try:
            return json.loads((self.folder / "identity.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _recognise(self, size: int, headers: Message) -> None:
        """Compare the file that answers with the one whose bytes are kept; forget those of another file."""
        now = {"size": size, "etag": None if self._pinned else headers.get("ETag")}
        before = self._kept_identity()
        unsure = not self._known_same and now["etag"] is None
        if before != now or unsure:
            if before:
                shutil.rmtree(self.folder, ignore_errors=True)
            _keep(self.folder / "identity.json", json.dumps(now).encode())
            if before and self._known_same and self.size is not None:
                raise CheckpointError(
                    f"{self.name} changed on {self._hub.host} while it was being read; load it again."
                )
        self.size, self._known_same = size, True

    # -- fetching -------------------------------------------------------------------------------------------------

    def _fetch(self, start: int, stop: int) -> None:
        if self.size is not None and stop > self.size:
            raise self._too_short(stop)
        name = f"{start}-{stop}"
        with self._part(name, resume=self._known_same) as part, self._bar(stop - start) as advance:
            for pause in (*PAUSES, None):
                done = part.stat().st_size if part.exists() else 0
                if done >= stop - start:
                    break
                with get(self._hub, self._path, self._repo, (start + done, stop)) as reply:
                    if reply.status == 200:
                        self._take_whole_instead(reply)
                        return
                    self._check_range(reply, start + done, stop)
                    received = self._stream(reply, part, stop - start - done, advance)
                if done + received == stop - start:
                    break
                if pause is None:
                    raise NetworkError(
                        f"{self._hub.host} hung up {len(PAUSES) + 1} times in the middle of {self.name}; "
                        "load it again to continue where it stopped."
                    )
                time.sleep(pause)
            with _disk(self.folder):
                os.replace(part, self.folder / f"{name}.bin")

    def _check_range(self, reply: Reply, start: int, stop: int) -> None:
        """A 206 must hold the bytes asked for, of a file as long as before. 416: the file ends before them."""
        described = reply.headers.get("Content-Range", "")
        if reply.status == 416:
            match = re.fullmatch(r"bytes \*/(\d+)", described)
            self.size = int(match[1]) if match else 0
            raise self._too_short(stop)
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", described)
        if reply.status != 206 or not match or int(match[1]) != start:
            raise CheckpointError(
                f"{self._hub.host} answered {reply.status} with Content-Range {described!r} when asked for bytes "
                f"{start}-{stop - 1} of {self.name}."
            )
        size = int(match[3])
        self._recognise(size, reply.headers)
        if stop > size:
            raise self._too_short(stop)

    def _too_short(self, stop: int) -> CheckpointError:
        return CheckpointError(
            f"{self.name} on {self._hub.host} is truncated: it has {self.size:,} bytes, and byte {stop - 1:,} was "
            "asked for."
        )

    def _take_whole_instead(self, reply: Reply) -> None:
        length = reply.headers.get("Content-Length", "")
        size = f"{int(length) / 1e6:,.1f} MB" if length.isdecimal() else "of unknown size"
        warnings.warn(
            f"{self._hub.host} does not serve byte ranges: fetching the whole of {self.name} ({size}).", stacklevel=2
        )
        self._take_whole(reply, self._max_download)

    def _take_whole(self, reply: Reply, limit: int) -> None:
        length = reply.headers.get("Content-Length", "")
        expected = int(length) if length.isdecimal() else None
        free = shutil.disk_usage(_existing(self.folder)).free
        if expected is not None and expected > min(limit, free):
            why = f"above the limit of {limit / 1e6:,.0f} MB" if expected > limit else "more than the disk has room for"
            raise CheckpointError(
                f"{self.name} on {self._hub.host} is {expected / 1e6:,.1f} MB, {why}: download it another way and load "
                "its folder, or pass a larger max_download."
            )
        arriving = self.folder.with_name(f"{self.name}.{uuid.uuid4().hex}.part")
        try:
            with self._bar(expected) as advance:
                received = self._stream(reply, arriving, limit + 1 if expected is None else expected, advance)
            if received > limit:
                raise CheckpointError(
                    f"{self.name} is larger than the limit of {limit / 1e6:,.0f} MB; pass a larger max_download."
                )
            if expected is not None and received < expected:
                raise NetworkError(
                    f"{self._hub.host} hung up after {received:,} of {expected:,} bytes of {self.name}, and cannot "
                    "resume; load it again."
                )
            self._recognise(received, reply.headers)
            with _disk(self.folder):
                os.replace(arriving, self._whole_path)
        finally:
            arriving.unlink(missing_ok=True)

    def _stream(self, reply: Reply, part: Path, most: int, advance: Callable[[int], None]) -> int:
        """Append at most `most` bytes of the reply to `part`; returns how many came before the line went quiet."""
        received = 0
        with _disk(self.folder):
            part.parent.mkdir(parents=True, exist_ok=True)
            file = part.open("ab")
        with file:
            while received < most:
                try:
                    chunk = reply.read(min(CHUNK, most - received))
                except (OSError, http.client.HTTPException):
                    break
                if not chunk:
                    break
                with _disk(self.folder):
                    file.write(chunk)
                    file.flush()
                received += len(chunk)
                advance(len(chunk))
        return received

    @contextmanager
    def _part(self, name: str, resume: bool) -> Iterator[Path]:
        """A file of our own to append to, begun by an earlier try where that may be resumed; left for the next one."""
        mine = self.folder / f"{name}.{uuid.uuid4().hex}.part"
        if resume:
            for left in sorted(self.folder.glob(f"{name}.*part")):
                # Renaming is atomic, so of two processes that want the same leftover one gets it.
                with suppress(OSError):
                    if left.name == f"{name}.part" or time.time() - left.stat().st_mtime > _ABANDONED:
                        left.rename(mine)
                        break
        try:
            yield mine
        finally:
            with suppress(OSError):
                mine.replace(self.folder / f"{name}.part")

    @contextmanager
    def _bar(self, total: int | None) -> Iterator[Callable[[int], None]]:
        if not self._progress or (total is not None and total < _BAR_FROM):
            yield lambda n: None
            return
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with Progress(*columns, transient=True) as progress:
            task = progress.add_task(f"{self._repo}: {self.name}", total=total)
            yield lambda n: progress.advance(task, n)


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Turns the disk's refusal into a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"Cannot write to the cache {folder} ({error.strerror}): set QKV_CACHE to a folder with room."
        ) from error


def _keep(path: Path, data: bytes) -> None:
    with _disk(path.parent):
        write_atomically(path, data)


def _existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())
