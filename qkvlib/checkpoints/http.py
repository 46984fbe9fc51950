"""One HTTP request to a hub, with every way it can fail turned into a sentence."""

import http.client
import os
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from qkvlib.course import browser

from .errors import CheckpointError

TIMEOUT = 30  # seconds without a byte
PAUSES = (0.5, 2.0, 5.0)  # seconds before asking again when a server is busy or hangs up
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class NetworkError(CheckpointError):
    """Nobody answered."""


class NotThereError(CheckpointError):
    """The hub knows the repository and has no such file in it. `commit` is what it looked in, where it says."""

    commit: str | None = None


@dataclass(frozen=True)
class Hub:
    """Where to ask, and as whom. The token is never shown, and never sent to another host or over plain http."""

    endpoint: str
    token: str | None

    @classmethod
    def from_environment(cls) -> "Hub":
        """HF_ENDPOINT (default https://huggingface.co) and HF_TOKEN."""
        endpoint = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or "https://huggingface.co"
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CheckpointError(f"HF_ENDPOINT is {endpoint!r}; something like https://huggingface.co was expected.")
        token = os.environ.get("HF_TOKEN", "").strip()
        if not re.fullmatch(r"[\x21-\x7e]*", token):
            raise CheckpointError(
                "HF_TOKEN holds spaces or unusual characters; paste the token alone (it begins with hf_)."
            )
        return cls(endpoint, token or None)

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc


class Reply:
    """What came back: `.status`, `.headers`, `.commit` (where the hub names it) and `.read(n)`."""

    def __init__(self, response: Any, commit: str | None) -> None:
        self.status, self.headers, self.commit = response.status, response.headers, commit
        self.read = response.read


@contextmanager
def get(hub: Hub, path: str, repo: str, byte_range: tuple[int, int] | None = None) -> Iterator[Reply]:
    """GET `path` on the hub; `byte_range=(start, stop)` asks for those bytes, which a server may ignore (`.status`)."""
    if browser.HERE:
        raise NetworkError(
            f"{repo} cannot be loaded inside a web page, which may not open such a connection: run this on a machine "
            "with Python. checkpoints.tiny('gpt2') works here."
        )
    headers = {"User-Agent": "qkvlib", "Accept-Encoding": "identity"}
    if byte_range is not None:
        headers["Range"] = f"bytes={byte_range[0]}-{byte_range[1] - 1}"
    parts = urlsplit(hub.endpoint)
    if hub.token and (parts.scheme == "https" or parts.hostname in _LOOPBACK):
        headers["Authorization"] = f"Bearer {hub.token}"
    redirects = _CarefulRedirects()
    opener = build_opener(redirects)
    for pause in (*PAUSES, None):
        try:
            response = opener.open(Request(hub.endpoint + path, headers=headers), timeout=TIMEOUT)
            break
        except HTTPError as error:
            with error:
                if error.code == 416:
                    response = error
                    yield Reply(error, _commit(error.headers) or redirects.commit)
                    return
                if pause is None or error.code not in (429, 500, 502, 503, 504):
                    raise _explain(error, hub, path, repo, redirects.commit) from error
        except (URLError, http.client.HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            # A name that does not resolve or a bad certificate will not mend itself in seconds; a hung-up line may.
            if pause is None or not isinstance(reason, ConnectionResetError | http.client.HTTPException | TimeoutError):
                raise _unreachable(reason, hub) from error
        time.sleep(pause)
    with response:
        yield Reply(response, _commit(response.headers) or redirects.commit)


class _CarefulRedirects(HTTPRedirectHandler):
    """Follows redirects, but takes the token nowhere else, and notes the commit the hub names on the way."""

    commit: str | None = None

    def redirect_request(
        self, request: Request, file: IO[bytes], code: int, message: str, headers: HTTPMessage, url: str
    ) -> Request | None:
        self.commit = _commit(headers) or self.commit
        onward = super().redirect_request(request, file, code, message, headers, url)
        if onward is None:
            return None
        before, after = urlsplit(request.full_url), urlsplit(onward.full_url)
        if before.scheme == "https" and after.scheme != "https":
            raise CheckpointError(
                f"{before.netloc} redirects to {after.scheme}://{after.netloc}, which is not encrypted."
            )
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            onward.remove_header("Authorization")
        return onward


def _commit(headers: Message) -> str | None:
    value = headers.get("X-Repo-Commit", "")
    return value if re.fullmatch(r"[0-9a-f]{40}", value) else None


def _unreachable(reason: object, hub: Hub) -> NetworkError:
    if isinstance(reason, ssl.SSLError):
        return NetworkError(f"The certificate of {hub.host} could not be verified ({reason.reason or reason}).")
    if isinstance(reason, TimeoutError):
        return NetworkError(f"{hub.host} did not answer within {TIMEOUT} seconds; try again later.")
    return NetworkError(
        f"{hub.host} cannot be reached ({reason}): check the network, or load a folder you already have; "
        "checkpoints.tiny('gpt2') needs no network."
    )


def _explain(error: HTTPError, hub: Hub, path: str, repo: str, commit: str | None) -> CheckpointError:
    code = error.headers.get("X-Error-Code", "")
    page = f"{hub.endpoint}/{repo}"
    if code == "GatedRepo" or (error.code == 403 and not code):
        return CheckpointError(
            f"{repo} is gated ({error.code}): accept its licence at {page}, then set HF_TOKEN to a token of "
            "that account."
        )
    if error.code == 401 or code == "RepoNotFound":
        hint = "the token in HF_TOKEN may not see it" if hub.token else "if it is private, set HF_TOKEN"
        return CheckpointError(
            f"There is no repository {repo} on {hub.host} ({error.code}): check the spelling; {hint}."
        )
    if code == "RevisionNotFound":
        return CheckpointError(f"{repo} has no such revision ({error.code}): see {page}/commits for those it has.")
    if error.code == 404:
        absent = NotThereError(f"{hub.endpoint}{path} was not found (404).")
        absent.commit = _commit(error.headers) or commit
        return absent
    if error.code == 429:
        return CheckpointError(f"{hub.host} asks for fewer requests (429): wait a few minutes, or set HF_TOKEN.")
    return CheckpointError(f"{hub.host} answered {error.code} {error.reason} for {path}; try again later.")
