"""The bundle: what is in it, and that it installs and serves where there is no network."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bundle.files.install import family
from bundle.make import PYTHON, Target, make, pins, scripts
from tests.conftest import ROOT, missing

LOCK = """\
# made by a tool
plain==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
windows==2.0 ; sys_platform == 'win32' \\
    --hash=sha256:cc
unix==3.0 ; sys_platform != 'emscripten' and sys_platform != 'win32' \\
    --hash=sha256:dd
older==4.0 ; python_full_version < '3.0' \\
    --hash=sha256:ee
arm==5.0 ; platform_machine == 'aarch64' \\
    --hash=sha256:ff
"""


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("win_amd64", ["plain==1.0", "windows==2.0"]),
        ("manylinux2014_x86_64", ["plain==1.0", "unix==3.0"]),
        ("manylinux_2_28_aarch64", ["plain==1.0", "unix==3.0", "arm==5.0"]),
    ],
)
def test_pins_are_those_of_the_platform_asked_for(platform: str, names: list[str]) -> None:
    found = list(pins(LOCK, Target(platform).markers))
    assert [line.split(" ")[0] for line in found] == names
    assert found[0] == "plain==1.0 --hash=sha256:aa --hash=sha256:bb"


def test_every_pin_of_the_lock_has_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    found = list(pins(lock, Target().markers))
    assert len(found) > 20
    assert all("--hash=sha256:" in line for line in found)


def test_scripts_are_for_their_readers() -> None:
    files = scripts("9.9", Target("win_amd64"))
    assert files["run.bat"].isascii()  # cmd reads it in its own code page
    assert files["run.bat"].count(b"\r\n") == files["run.bat"].count(b"\n") > 10
    assert b"chcp 65001" in files["run.bat"]
    assert b"\r" not in files["run.sh"] + files["install.py"]
    readme = files["README.txt"].decode("utf-8-sig")
    assert readme.startswith("链主 lianzhu 9.9")
    assert f"win-amd64，Python {PYTHON}" in readme
    assert b"@PYTHON@" not in b"".join(files.values())
    facts = json.loads(files["bundle.json"])
    assert facts == {"version": "9.9", "python": PYTHON, "platform": "win-amd64"}


@pytest.mark.parametrize(
    ("platform", "kind"),
    [
        ("linux-x86_64", "linux-x86_64"),
        ("manylinux-2_28_x86_64", "linux-x86_64"),
        ("win-amd64", "win-amd64"),
        ("macosx-11.0-arm64", "macosx-arm64"),
        ("linux-aarch64", "linux-aarch64"),
    ],
)
def test_a_bundle_knows_where_it_may_be_installed(platform: str, kind: str) -> None:
    assert family(platform) == kind


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle made here, unpacked into a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("bundle")
    small = next(pins((ROOT / "requirements.lock").read_text("utf-8"), Target().markers))
    (folder / "one.txt").write_text(small, "utf-8")
    words = ["download", "-q", "--no-deps", "--require-hashes", "-r", "one.txt", "-d", "one"]
    if subprocess.run([sys.executable, "-m", "pip", *words], cwd=folder, check=False).returncode:
        missing("a package index, or wheels that pip finds (the bundle is made from them)")
    archives = make(Target(), folder / "dist")
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert [p.name for p in archives] == [
        f"lianzhu-{version}-bundle{ending}" for ending in (".zip", ".tar.gz")
    ]
    place = folder / "一个 文件夹"
    place.mkdir()
    subprocess.run(["tar", "xzf", archives[1], "-C", place], check=True)
    with zipfile.ZipFile(archives[0]) as archive:
        top = place / f"lianzhu-{version}-bundle"
        inside = {str(p.relative_to(place)) for p in top.rglob("*") if p.is_file()}
        assert set(archive.namelist()) == inside
    return top


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine that knows no index, no proxy and nobody's settings."""
    base = f"{Path(sys._base_executable).parent}:/usr/local/bin:/usr/bin:/bin"  # type: ignore[attr-defined]
    (tmp_path / "home").mkdir()
    return {"PATH": base, "HOME": str(tmp_path / "home"), "PIP_NO_INDEX": "1"}


@pytest.fixture
def served(unpacked: Path, elsewhere: dict[str, str]) -> Iterator[str]:
    """The address at which `run.sh` serves, once it does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["sh", str(unpacked / "run.sh"), "serve", "--sample", "--port", str(port)]
    process = subprocess.Popen(words, env=elsewhere, cwd="/", start_new_session=True)
    try:
        yield _answering(f"http://127.0.0.1:{port}", process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(20)


def _answering(address: str, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            assert json.loads(_body(f"{address}/healthz")) == {"ok": True}
        except OSError:
            time.sleep(0.2)
        else:
            return address
    pytest.fail(f"run.sh does not serve (exit {process.poll()})")


def _body(url: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(url, timeout=20) as answer:
        text: str = answer.read().decode()
    return text


def test_it_installs_without_a_network_and_serves_the_sample(served: str, unpacked: Path) -> None:
    assert "今天要处理什么？" in _body(f"{served}/")
    assert "怎样开始？" in _body(f"{served}/guide")
    assert (unpacked / "var" / "sample.db").is_file()  # data stay beside it


def test_a_wheel_that_was_changed_is_refused(
    unpacked: Path, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    other = tmp_path / "copy"
    (other / "wheels").mkdir(parents=True)
    for path in unpacked.iterdir():
        if path.is_file():
            (other / path.name).write_bytes(path.read_bytes())
    lock = (unpacked / "requirements.lock").read_text("utf-8")
    one = next(line for line in pins(lock, Target().markers) if line.startswith("typer=="))
    (other / "requirements.lock").write_text(one, "utf-8")
    wheel = next((unpacked / "wheels").glob("typer-*.whl"))
    (other / "wheels" / wheel.name).write_bytes(wheel.read_bytes() + b" ")
    done = subprocess.run(
        ["sh", "run.sh"], env=elsewhere, cwd=other, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert "安装失败" in done.stderr.decode()
    assert "sha256" in done.stderr.decode()
    assert not (other / ".venv" / "installed").exists()


def test_a_machine_with_another_python_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in ("dirname", "cat"):
        (tmp_path / "bin" / name).symlink_to(Path("/usr/bin") / name)
    old = tmp_path / "bin" / "python3"
    old.write_text("#!/bin/sh\necho 2.7\n", "utf-8")
    old.chmod(0o755)
    for name, data in scripts("9.9", Target()).items():
        (tmp_path / name).write_bytes(data)
    path = {"PATH": str(tmp_path / "bin")}
    done = subprocess.run(
        ["/bin/sh", "run.sh"], env=path, cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert f"需要 Python {PYTHON}" in done.stderr.decode()
    assert not (tmp_path / ".venv").exists()
