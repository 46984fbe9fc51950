"""A Python package for the browser: a folder of files, written as a wheel, and its entry in Pyodide's lock file."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LONG_AGO = (1980, 1, 1, 0, 0, 0)
THERE = {"sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "extra": ""}


@dataclass(frozen=True)
class Package:
    """What Pyodide has to know of a wheel; `source` is where it lies (a path, or an address for whoever opens it)."""

    name: str
    version: str
    source: str
    sha256: str
    imports: tuple[str, ...]
    depends: tuple[str, ...]  # every package it asks for there, installed or not

    def entry(self, known: Iterable[str]) -> dict:
        """Its entry in the lock file; it depends on what is `known` there alone."""
        there = set(known)
        return {
            "name": self.name,
            "version": self.version,
            "file_name": self.source if "://" in self.source else Path(self.source).name,
            "sha256": self.sha256,
            "imports": list(self.imports),
            "depends": [name for name in self.depends if name in there and name != self.name],
            "install_dir": "site",
            "package_type": "package",
            "unvendored_tests": False,
        }


def unpack(wheel: Path, folder: Path) -> None:
    """Lays the files of a wheel into a folder."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)


def pack(folder: Path, distribution: Distribution, files: Iterable[str], tag: str, out: Path) -> Package:
    """Writes `files` of `folder` as one wheel to the folder `out`, named by what is in it, so that no browser keeps an
    old one for a new one.
    """
    name, version = distribution.metadata["Name"], distribution.version
    wanted = sorted(set(files))
    fresh = out / "being-written"
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in wanted:
            archive.writestr(dated(file), (folder / file).read_bytes())
    digest = hashlib.sha256(fresh.read_bytes()).hexdigest()
    path = out / f"{canonicalize_name(name).replace('-', '_')}-{version}-0{digest[:8]}-{tag}.whl"
    fresh.replace(path)
    return Package(canonicalize_name(name), version, str(path), digest, imports(wanted), depends(distribution))


def dated(name: str) -> zipfile.ZipInfo:
    """An entry of an archive that is the same whenever it is written."""
    info = zipfile.ZipInfo(name, LONG_AGO)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def distributions(folder: Path) -> list[Distribution]:
    """What is installed in a folder, by name."""
    found = [PathDistribution(path) for path in folder.glob("*.dist-info")]
    return sorted(found, key=lambda one: canonicalize_name(one.metadata["Name"]))


def imports(files: Iterable[str]) -> tuple[str, ...]:
    """What may be imported from these files, at the top."""
    tops = {file.split("/")[0] for file in files}
    names = {top.split(".")[0] for top in tops if not top.endswith((".dist-info", ".data")) and "." not in top[:1]}
    return tuple(sorted(name for name in names if name.isidentifier() and name not in ("bin", "etc", "share")))


def depends(distribution: Distribution) -> tuple[str, ...]:
    """The packages that it asks for in a browser, by name."""
    asked = [Requirement(line) for line in distribution.requires or ()]
    python = {"python_version": "3.14", "python_full_version": "3.14.2", "implementation_name": "cpython"}
    there = {**THERE, **python, "platform_machine": "wasm32", "platform_python_implementation": "CPython"}
    return tuple(
        sorted({canonicalize_name(each.name) for each in asked if not each.marker or each.marker.evaluate(there)})
    )
