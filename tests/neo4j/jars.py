"""The jars of a Neo4j Community server, fetched with Maven and kept below `var/`."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZIP_DEFLATED, ZipFile

__all__ = ["KEPT", "LIB", "MANIFEST", "VERSION", "Failed", "fetch", "unsign"]

POM = Path(__file__).with_name("pom.xml")
VERSION = str(ElementTree.parse(POM).findtext(".//{*}dependency/{*}version"))
KEPT = Path(__file__).parents[2] / "var" / "neo4j"
LIB = KEPT / f"lib-{VERSION}"

FETCHES = 3
SIGNATURE = re.compile(r"META-INF/[^/]+\.(SF|RSA|DSA|EC)")
MANIFEST = "META-INF/MANIFEST.MF"


class Failed(RuntimeError):
    """The jars could not be fetched, or the server did not start."""


def fetch() -> Path:
    """The folder of the server's jars, fetched at the first call. Raises Failed."""
    if LIB.is_dir():
        return LIB
    KEPT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=KEPT, prefix="fetch-") as folder:
        copied = Path(folder) / "lib"
        _copy(copied)
        for jar in copied.glob("*.jar"):
            unsign(jar)
        try:
            copied.rename(LIB)
        except OSError:
            # Another run was first: its folder is as complete as ours.
            if not LIB.is_dir():
                raise
    return LIB


def _copy(folder: Path) -> None:
    command = ["mvn", "-B", "-q", "-Dstyle.color=never", "-f", str(POM)]
    command += ["dependency:copy-dependencies", "-DincludeScope=runtime"]
    command += [f"-DoutputDirectory={folder}"]
    for turn in range(1, FETCHES + 1):
        # A repository that is busy answers again after a moment, and Maven keeps what it has.
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        time.sleep(5 * turn if turn < FETCHES else 0)
    raise Failed(f"Maven could not fetch Neo4j {VERSION}\n{done.stdout[-2000:]}")


def unsign(jar: Path) -> None:
    """Take the signature out of a jar that Maven has checked: each start of Java checks it anew."""
    with ZipFile(jar) as signed:
        names = {name for name in signed.namelist() if SIGNATURE.fullmatch(name)}
        if not names:
            return
        bare = jar.with_suffix(".bare")
        with ZipFile(bare, "w", ZIP_DEFLATED) as unsigned:
            for item in signed.infolist():
                if item.filename not in names:
                    content = signed.read(item)
                    if item.filename == MANIFEST:  # its first section is on the jar as a whole
                        content = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0] + b"\n\n"
                    unsigned.writestr(item, content)
    bare.replace(jar)
