"""Plant every bug in a copy of the tree, one after the other, and see the suite turn red."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.planted.bugs import BUGS, Bug

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", "*.egg-info")


def noticed(bug: Bug, tree: Path) -> bool:
    """Whether the tests fail with the bug in the tree; the tree is as before afterwards."""
    path = tree / bug.file
    whole = path.read_text("utf-8")
    assert whole.count(bug.old) == 1, f"{bug.name}: {bug.file} no longer says {bug.old!r}"
    path.write_text(whole.replace(bug.old, bug.new), "utf-8")
    try:
        return run(tree, bug.tests.split()) == 1  # some test failed; anything else is no verdict
    finally:
        path.write_text(whole, "utf-8")


def run(tree: Path, tests: list[str]) -> int:
    """The exit code of the tests in the tree."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    return done.returncode


def main() -> None:
    """Print a line for each bug; exit 1 when one went unnoticed."""
    chosen = [bug for bug in BUGS if bug.name in sys.argv[1:] or not sys.argv[1:]]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="lianzhu-planted-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        if run(tree, sorted({path for bug in chosen for path in bug.tests.split()})) != 0:
            sys.exit("the suite is red before any bug is planted")
        for bug in chosen:
            start = time.monotonic()
            found = noticed(bug, tree)
            missed += not found
            told = "noticed" if found else "MISSED"
            print(f"{told:<9}{time.monotonic() - start:6.1f} s  {bug.name}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} planted bugs noticed")
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
