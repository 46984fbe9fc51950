"""The wheel holds what an installed qkvlib needs: code, browser modules, data, JupyterLab's settings, the licences."""

import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory):
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    said = subprocess.run(build, cwd=root, capture_output=True, text=True, timeout=120)
    assert said.returncode == 0, said.stderr
    (path,) = place.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_every_file_of_the_package_is_in_it(root, wheel):
    listed = subprocess.run(["git", "ls-files", "qkvlib"], cwd=root, capture_output=True, text=True, check=True)
    names = set(wheel.namelist())
    assert {name for name in listed.stdout.split() if (root / name).exists()} <= names
    assert not [name for name in names if name.endswith(".pyc")]


def test_jupyterlabs_settings_and_the_licences_come_along(root, wheel):
    (settings,) = [name for name in wheel.namelist() if name.endswith("data/share/jupyter/lab/settings/overrides.json")]
    assert b"saveState" in wheel.read(settings)
    (metadata,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(metadata).decode()
    assert "License-Expression: MIT AND CC-BY-4.0 AND Apache-2.0" in text
    for licence in ("LICENSE", "LICENSE-text", "qkvlib/data/real_heads/LICENSE"):
        assert f"License-File: {licence}" in text
        (stored,) = [name for name in wheel.namelist() if name.endswith(f".dist-info/licenses/{licence}")]
        assert wheel.read(stored) == (root / licence).read_bytes()
