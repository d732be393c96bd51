"""Make `dist/lianzhu-VERSION-bundle.tar.gz` and `.zip`: all that a machine without a network needs.

Every locked dependency as a wheel for one platform and one Python, the project's own wheel, and
scripts that install them beside themselves with hashes checked.  Python itself is not in it.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import json
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

__all__ = ["Target", "make", "pins", "scripts"]

ROOT = Path(__file__).parent.parent
HERE = Path(__file__).parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_MARKERS: Mapping[str, Mapping[str, str]] = {
    "win": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
    "macosx": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "manylinux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
}
_MACHINES = {"amd64": "AMD64", "x86_64": "x86_64", "arm64": "arm64", "aarch64": "aarch64"}
_EPOCH = (2026, 1, 1, 0, 0, 0)  # of every entry: the same inputs make the same archive


@dataclass(frozen=True)
class Target:
    """What a bundle is for: a wheel platform such as `win_amd64`; "" = this machine."""

    platform: str = ""

    @property
    def name(self) -> str:
        """The platform in words of `sysconfig`."""
        return self.platform.replace("_", "-", 1) or sysconfig.get_platform()

    @property
    def markers(self) -> dict[str, str]:
        """The environment that requirement markers are judged in: pip judges them by its own."""
        found: dict[str, str] = {k: str(v) for k, v in default_environment().items()}
        for prefix, values in _MARKERS.items():
            if self.platform.startswith(prefix):
                found |= values
        for ending, machine in _MACHINES.items():
            if self.platform.endswith(ending):
                found["platform_machine"] = machine
        return found

    @property
    def options(self) -> list[str]:
        """What tells pip which wheels to take."""
        if not self.platform:
            return []
        return ["--platform", self.platform, "--python-version", PYTHON, "--implementation", "cp"]


def pins(lock: str, markers: Mapping[str, str]) -> Iterator[str]:
    """The pins of a lock file that hold in an environment, with their hashes, without markers."""
    for block in lock.replace("\\\n", " ").splitlines():
        line, *hashes = block.split(" --hash=")
        if not line.strip() or line.startswith("#"):
            continue
        wanted = Requirement(line)
        if wanted.marker is None or wanted.marker.evaluate(dict(markers)):
            yield " ".join(
                [f"{wanted.name}{wanted.specifier}", *(f"--hash={h.strip()}" for h in hashes)]
            )


def scripts(version: str, target: Target) -> dict[str, bytes]:
    """The files beside the wheels, by name; those for Windows end their lines as it does."""
    values = {"@VERSION@": version, "@PYTHON@": PYTHON, "@PLATFORM@": target.name}
    found = {}
    for path in sorted((HERE / "files").iterdir()):
        text = path.read_text("utf-8")
        for name, value in values.items():
            text = text.replace(name, value)
        if path.suffix == ".bat":
            found[path.name] = text.replace("\n", "\r\n").encode("ascii")
        elif path.suffix == ".txt":
            # An old Notepad takes a text without a mark for GBK; a console would print the mark.
            coding = "utf-8-sig" if path.name == "README.txt" else "utf-8"
            found[path.name] = text.replace("\n", "\r\n").encode(coding)
        else:
            found[path.name] = text.encode()
    facts = {"version": version, "python": PYTHON, "platform": target.name}
    found["bundle.json"] = json.dumps(facts, indent=1).encode()
    return found


def make(target: Target, out: Path) -> list[Path]:
    """Write both archives into `out`; what pip says goes to stderr."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    version = str(project["version"])
    top = f"lianzhu-{version}-bundle" + (f"-{target.platform}" if target.platform else "")
    with tempfile.TemporaryDirectory(prefix="lianzhu-bundle-") as made:
        wheels = Path(made) / "wheels"
        _collect(target, Path(made), wheels)
        own = next(wheels.glob(f"lianzhu-{version}-*.whl"))
        files = scripts(version, target)
        files["requirements.lock"] = (ROOT / "requirements.lock").read_bytes()
        digest = hashlib.sha256(own.read_bytes()).hexdigest()
        files["lianzhu.lock"] = f"lianzhu=={version} --hash=sha256:{digest}\n".encode()
        files["LICENSE"] = (ROOT / "LICENSE").read_bytes()
        for name in ("docs/backup.md", "docs/records.md"):
            files[name] = (ROOT / name).read_bytes()
        files |= {f"wheels/{p.name}": p.read_bytes() for p in sorted(wheels.iterdir())}
    out.mkdir(parents=True, exist_ok=True)
    return [_zip(out / f"{top}.zip", top, files), _tar(out / f"{top}.tar.gz", top, files)]


def _collect(target: Target, folder: Path, wheels: Path) -> None:
    """All wheels: the locked ones that the target needs, checked by their hashes, and our own."""
    wanted = list(pins((ROOT / "requirements.lock").read_text("utf-8"), target.markers))
    chosen = folder / "requirements.txt"
    chosen.write_text("\n".join(wanted), "utf-8")
    only = ["--only-binary=:all:", "--no-deps", "--require-hashes"]
    _pip("download", *only, *target.options, "-r", str(chosen), "-d", str(wheels))
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(wheels), str(ROOT))
    found = len(list(wheels.glob("*.whl")))
    if found != len(wanted) + 1:
        raise SystemExit(f"{found} wheels for {len(wanted)} pins and the project")


def _pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "-q", *words], check=True, stdout=sys.stderr)


def _zip(path: Path, top: str, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:  # wheels are compressed already
        for name, data in files.items():
            entry = zipfile.ZipInfo(f"{top}/{name}", _EPOCH)
            entry.external_attr = (0o100000 | _mode(name)) << 16
            archive.writestr(entry, data)
    return path


def _tar(path: Path, top: str, files: Mapping[str, bytes]) -> Path:
    with (
        gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, data in files.items():
            entry = tarfile.TarInfo(f"{top}/{name}")
            entry.size, entry.mode = len(data), _mode(name)
            archive.addfile(entry, io.BytesIO(data))
    return path


def _mode(name: str) -> int:
    return 0o755 if name.endswith(".sh") else 0o644


def main() -> None:
    """`python bundle/make.py [--platform win_amd64] [--out dist]`."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--platform", default="")
    options.add_argument("--out", type=Path, default=ROOT / "dist")
    asked = options.parse_args()
    for path in make(Target(asked.platform), asked.out):
        print(path)


if __name__ == "__main__":
    main()
