"""Install the wheels beside this file into .venv, once; without a network, every hash checked."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
MARK = VENV / "installed"


def main() -> int:
    """0 when everything is installed."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    facts = json.loads((HERE / "bundle.json").read_text("utf-8"))
    found = ".".join(map(str, sys.version_info[:2]))
    if found != facts["python"]:
        say(
            "需要 Python {python}，这里是 {found}",
            "Python {python} is needed, this is {found}",
            python=facts["python"],
            found=found,
        )
        return 1
    if family(sysconfig.get_platform()) != family(facts["platform"]):
        say(
            "本包适用 {platform}，这台机器是 {found}",
            "this bundle is for {platform}, the machine is {found}",
            platform=facts["platform"],
            found=sysconfig.get_platform(),
        )
        return 1
    stamp = wanted()
    if MARK.is_file() and MARK.read_text("utf-8") == stamp:
        return 0
    say("第一次运行，正在安装……", "first run: installing …")
    try:
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        say(
            "建不了虚拟环境：{error}。Debian/Ubuntu 请安装 python{python}-venv",
            "no virtual environment: {error}. Debian/Ubuntu: install python{python}-venv",
            error=error,
            python=facts["python"],
        )
        return 1
    for words in (["-r", "requirements.lock"], ["--no-deps", "-r", "lianzhu.lock"]):
        if pip(*words) != 0:
            say(
                "安装失败，见上面的信息；这台机器的系统可能比打包时的旧",
                "the installation failed, see above; this system may be older than the bundle's",
            )
            return 1
    MARK.write_text(stamp, "utf-8")
    return 0


def wanted() -> str:
    """What is installed where: another place or other wheels are another installation."""
    locks = b"".join((HERE / name).read_bytes() for name in ("requirements.lock", "lianzhu.lock"))
    return f"{HERE}\n{hashlib.sha256(locks).hexdigest()}\n"


def pip(*words: str) -> int:
    """Install from the wheels and from nowhere else, whatever the machine's settings say."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    options = ["install", "--quiet", "--no-index", "--find-links", "wheels", "--no-compile"]
    command = [str(python), "-m", "pip", "--isolated", "--disable-pip-version-check", *options]
    return subprocess.run([*command, "--require-hashes", *words], cwd=HERE, check=False).returncode


def family(platform: str) -> str:
    """The kind of system and processor: linux-x86_64, win-amd64, macosx-arm64.

    >>> family("manylinux-2_28_x86_64"), family("macosx-11.0-arm64"), family("win-amd64")
    ('linux-x86_64', 'macosx-arm64', 'win-amd64')
    """
    machines = ("x86_64", "amd64", "aarch64", "arm64", "universal2")
    machine = next((m for m in machines if platform.endswith(m)), platform)
    system = next((s for s in ("linux", "win", "macosx") if s in platform), platform)
    return f"{system}-{machine}"


def say(zh: str, en: str, **facts: object) -> None:
    """A line in Chinese and one in English."""
    print(zh.format(**facts), en.format(**facts), sep="\n", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
