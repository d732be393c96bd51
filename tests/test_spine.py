"""Files → graph → answer: an imported folder answers as its rows do, to the bit."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from api.cli import main
from graph.analysis import ask
from graph.snapshot import take
from graph.store import open_store
from ingest.pipeline import load
from tests.conftest import ROOT, tier
from tests.graph.analysis.random_zone import random_zone
from tests.graph.analysis.test_properties import QUESTIONS
from tests.zones import Rows, snapshot_of


def write(rows: Rows, folder: Path) -> Path:
    """The zone as the documented folder."""
    folder.mkdir()
    for name, table in rows.items():
        columns = list(dict.fromkeys(k for row in table for k in row))
        if columns:
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
                out = csv.DictWriter(file, columns, restval="")
                out.writeheader()
                out.writerows(table)
    return folder


@pytest.mark.parametrize("seed", range(tier(40, 400)))
def test_an_imported_folder_answers_as_its_rows(seed: int, tmp_path: Path) -> None:
    rows, question = random_zone(seed), QUESTIONS[seed % len(QUESTIONS)]
    store = open_store(f"sqlite:///{tmp_path}/g.db", deadline=3.0)
    store.migrate()
    report = load([write(rows, tmp_path / "zone")], store)
    assert (report.status, report.errors) == ("committed", [])
    imported, plain = take(store), snapshot_of(rows)
    assert ask.gaps(imported, question) == ask.gaps(plain, question)
    assert ask.rank(imported, question) == ask.rank(plain, question)
    store.close()


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in this process, without the seconds that a new one takes to start."""
    out, err, code = StringIO(), StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["lianzhu", *words])
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def run_apart(*words: str) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, as a shell runs it."""
    return subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_from_folder_to_reasons(tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/g.db", "--json")
    done = run_apart("import", str(ROOT / "ingest" / "samples" / "zone"), *store)
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, "committed")
    again = run("import", str(ROOT / "ingest" / "samples" / "zone"), *store)
    assert json.loads(again.stdout)["status"] == "unchanged"
    leader = ("--leader", "示例机器人链主有限公司")
    gaps = json.loads(run("gaps", *leader, *store).stdout)
    assert gaps["question"]["leader"] == "demo-leader-jiqiren"
    ranked = json.loads(run("rank", *leader, "--top", "5", *store).stdout)["candidates"]
    assert len(ranked) == 5
    why = json.loads(run("explain", *leader, "--candidate", ranked[0]["id"], *store).stdout)
    assert why["score"] == ranked[0]["score"]
    assert why["sentences"]["zh"][0]
    assert json.loads(run("graph", "stats", *store).stdout)["nodes"]["Chain"] == 7
    undone = json.loads(run("import", "--undo", *store).stdout)
    assert undone["status"] == "undone"
    assert json.loads(run("graph", "stats", *store).stdout)["nodes"] == {}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("gaps", "--leader", "nobody"), 2),
        (("gaps",), 2),
        (("rank", "--leader", "x", "--world", "flat"), 2),
        (("rank", "--leader", "x", "--kind", "ghost"), 2),
        (("import", "/nowhere/at/all.xlsx"), 3),
        (("gaps", "--wrong-option"), 2),
        (("serve", "--host", "0.0.0.0"), 2),
    ],
)
def test_exit_codes_and_errors_on_stderr(words: tuple[str, ...], code: int, tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/g.db")
    done = run(*words, *store)
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_process_ends_with_the_code_too(tmp_path: Path) -> None:
    words = ("gaps", "--leader", "nobody", "--store", f"sqlite:///{tmp_path}/g.db")
    apart, within = run_apart(*words), run(*words)
    assert (apart.returncode, apart.stdout) == (2, "")
    assert apart.stderr == within.stderr


def test_a_file_that_is_no_graph_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    path.write_text("not a database, only a text that is long enough to be looked at", "utf-8")
    done = run("graph", "stats", "--store", f"sqlite:///{path}")
    assert done.returncode == 1
    assert "图谱文件" in done.stderr
    checked = run("doctor", "--store", f"sqlite:///{path}", "--json")
    assert checked.returncode == 1
    found = {c["name"]: c for c in json.loads(checked.stdout)["checks"]}
    assert not found["store"]["ok"]


def test_the_sample_shows_every_type_and_flag(tmp_path: Path) -> None:
    from graph.question import Question

    store = open_store(f"sqlite:///{tmp_path}/g.db", deadline=3.0)
    store.migrate()
    load([ROOT / "ingest" / "samples" / "zone"], store)
    snapshot = take(store)
    types, flags, kinds = set(), set(), set()
    for chain in store.nodes("Chain"):
        question = Question(leader=chain.ref.id.replace("chain", "demo-leader"))
        gaps, rank = ask.gaps(snapshot, question), ask.rank(snapshot, question)
        shown = {s.type for s in gaps.segments}
        assert shown >= {"missing", "weak", "single_sourced", "covered", "unknown"}
        assert sum(c.kind == "project" and c.score > 0 for c in rank.candidates) >= 2
        types |= shown
        flags |= {f for s in gaps.segments for f in s.flags}
        kinds |= {c.kind for c in rank.candidates if c.score > 0}
    assert len(types) == 7
    assert flags == {"broken", "leakage", "extension", "stale"}
    assert kinds == {"project", "enterprise", "expansion"}
    invented = ("capacity", "availability")
    names = {n.ref.id: str(n.props["name"]) for n in store.nodes("Enterprise")}
    for rel in store.rels("PRODUCES"):
        if any(field in rel.props for field in invented):
            assert "示例" in names[rel.src.id]  # nothing invented of a real firm
    store.close()
