"""Everything backed up and restored: by command, and from the page."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.backups import WHOLE, backups_in, dated
from api.cli import app
from api.settings import Settings
from graph.model import Node
from records import shortlist
from records.shortlist import Pick
from records.whole import Zone, back_up
from tests.contract.made import batch
from tests.records.made_zone import chain, close, fill, zone_in

NOW = datetime(2026, 7, 1, 2, 30, 0)


@pytest.fixture
def zone(tmp_path: Path) -> Iterator[Zone]:
    """A zone with something of everything."""
    made = zone_in(tmp_path / "zone")
    fill(made, 1)
    yield made
    close(made)


def run(tmp_path: Path, zone: str, *words: str, lang: str = "zh") -> tuple[int, str, str]:
    """The command as if typed in that zone."""
    folder = tmp_path / zone
    env = {
        "LIANZHU_LANG": lang,
        "COLUMNS": "300",
        "LIANZHU_GRAPH_URL": f"sqlite:///{folder}/graph.db",
        "LIANZHU_RECORDS_URL": f"sqlite:///{folder}/records.db",
        "LIANZHU_ATTACHMENTS_DIR": str(folder / "files"),
        "LIANZHU_AUDIT_HEADS": str(folder / "heads"),
        "LIANZHU_BACKUP_DIR": str(tmp_path / "backups"),
    }
    found = CliRunner().invoke(app, list(words), env=env)
    return found.exit_code, found.stdout, found.stderr


def told(tmp_path: Path, zone: str, *words: str) -> dict[str, object]:
    code, out, err = run(tmp_path, zone, *words, "--json")
    assert code == 0, err
    answer: dict[str, object] = json.loads(out)
    return answer


def test_the_commands_and_what_they_say(zone: Zone, tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, "zone", "backup", str(tmp_path / "b"))
    assert code == 0
    assert f"已整份备份到 {tmp_path}/b" in out
    assert zone.store.stats().hash in out
    code, again, _ = run(tmp_path, "other", "restore", str(tmp_path / "b"))
    assert code == 0
    assert "校验值都与备份相同" in again
    hashes = re.findall(r"[0-9a-f]{64}", out)
    assert re.findall(r"[0-9a-f]{64}", again) == hashes
    assert len(hashes) == 2
    code, _, err = run(tmp_path, "other", "restore", str(tmp_path / "b"), lang="en")
    assert (code, "nothing was restored" in err, "--replace" in err) == (2, True, True)
    code, out, err = run(tmp_path, "other", "restore", str(tmp_path / "b"), "--replace")
    assert code == 0, err
    (kept,) = backups_in(tmp_path / "backups")
    assert kept.name in out
    assert kept.is_whole
    assert run(tmp_path, "zone", "backup", str(tmp_path / "b"))[0] == 2  # it is there already


def test_a_dated_backup_is_one_file_and_old_ones_of_its_kind_go(zone: Zone, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    old = [folder / "lianzhu-20200101-000000.zip", folder / "graph-20200101-000000.zip"]
    for path in old:
        path.write_bytes(b"x")
    found = told(tmp_path, "zone", "backup", "--keep", "30")
    assert [path.exists() for path in old] == [False, True]
    assert found["deleted"] == [old[0].name]
    assert re.fullmatch(r"lianzhu-\d{8}-\d{6}\.zip", Path(str(found["file"])).name)
    assert Path(str(found["file"])).stat().st_mode & 0o077 == 0  # it has hashes of passwords
    assert {b.name: b.stats is None for b in backups_in(folder)} == {
        old[1].name: True,
        Path(str(found["file"])).name: False,
    }
    run(tmp_path, "empty", "backup", "--keep", "1")
    assert Path(str(found["file"])).exists()  # an empty graph deletes nothing
    assert dated(folder, NOW, WHOLE).name == "lianzhu-20260701-023000.zip"


def test_a_lost_attachment_is_told_by_the_exit_code(zone: Zone, tmp_path: Path) -> None:
    path = next(zone.files.kept())
    path.unlink()
    code, _, err = run(tmp_path, "zone", "backup", str(tmp_path / "b"))
    assert (code, path.name[:12] in err, (tmp_path / "b").is_dir()) == (1, True, True)
    code, _, err = run(tmp_path, "zone", "records", "tidy", "--dry-run")
    assert (code, path.name[:12] in err) == (1, True)


def test_a_damaged_backup_is_named(zone: Zone, tmp_path: Path) -> None:
    back_up(zone, tmp_path / "b")
    (tmp_path / "b" / "records" / "tasks.jsonl").write_bytes(b"{}\n")
    code, _, err = run(tmp_path, "other", "restore", str(tmp_path / "b"))
    assert (code, "records/tasks.jsonl 与校验值不符" in err) == (3, True)
    code, _, err = run(tmp_path, "other", "restore", str(tmp_path / "nowhere"), lang="en")
    assert (code, "is no backup" in err) == (3, True)


def test_cleaning_up_by_command(zone: Zone, tmp_path: Path) -> None:
    sessions = told(tmp_path, "zone", "records", "tidy", "--dry-run")["sessions"]
    assert sessions
    assert told(tmp_path, "zone", "records", "tidy")["sessions"] == sessions
    assert told(tmp_path, "zone", "records", "tidy")["sessions"] == 0
    code, out, _ = run(tmp_path, "zone", "records", "tidy", lang="en")
    assert (code, out.startswith("Cleaned up: 0 attachments")) == (0, True)


# The page


@pytest.fixture
def serve(zone: Zone, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """The application over the zone."""
    made: list[TestClient] = []

    def start(**more: str) -> TestClient:
        settings = Settings(
            graph_url=f"sqlite:///{tmp_path}/zone/graph.db",
            records_url=f"sqlite:///{tmp_path}/zone/records.db",
            audit_heads=str(tmp_path / "zone" / "heads"),
            attachments_dir=str(tmp_path / "zone" / "files"),
            backup_dir=str(tmp_path / "backups"),
        )
        client = TestClient(create_app(zone.store, replace(settings, **more)))
        made.append(client)
        return client

    yield start
    for client in made:
        client.close()


def test_the_page_backs_up_and_restores_everything(
    serve: Callable[..., TestClient], zone: Zone, tmp_path: Path
) -> None:
    client = serve()
    assert "已备份" in client.post("/guide/backup").text
    (name,) = (p.name for p in (tmp_path / "backups").iterdir())
    assert name.startswith("lianzhu-")
    before = {i.id for i in shortlist.items(zone.records)}
    shortlist.add(zone.records, Pick("enterprise", "late", "甲", "", "c", "r"))
    zone.store.apply(batch(Node(chain("late"), {"name": "迟"})))
    page = client.get(f"/guide/backups/{name}").text
    assert "不一样" in page
    wrong = client.post("/guide/restore", data={"name": name, "confirm": "x"})
    assert wrong.status_code == 400
    assert len(shortlist.items(zone.records)) == len(before) + 1
    done = client.post("/guide/restore", data={"name": name, "confirm": name})
    assert "一样：内容校验值与备份相同" in done.text
    assert re.search(r"恢复前的数据另存为 lianzhu-\S+\.zip", done.text)
    assert {i.id for i in shortlist.items(zone.records)} == before
    assert "招商清单" in done.text
    for lang in ("zh", "en"):
        text = client.get(f"/guide?lang={lang}").text
        assert ("全部" if lang == "zh" else "everything") in text


def test_who_administers_does_not_clear_the_audit(
    serve: Callable[..., TestClient],
    zone: Zone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With accounts on the page restores no records: the audit is among them."""
    back_up(zone, tmp_path / "backups" / "lianzhu-20260701-023000.zip")
    client = serve()
    client.app.state.settings = replace(client.app.state.settings, accounts="on")  # type: ignore[attr-defined]
    name = "lianzhu-20260701-023000.zip"
    answer = client.post("/guide/restore", data={"name": name, "confirm": name})
    assert answer.status_code == 400
    assert "lianzhu restore --replace" in answer.text
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_serving_begins_with_cleaning_up(
    zone: Zone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import api.serving as serving

    orphan = zone.files.path("0" * 64)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"x")
    past = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(orphan, (past, past))
    monkeypatch.setattr(serving.uvicorn, "run", lambda *_, **__: None)
    settings = Settings(
        records_url=f"sqlite:///{tmp_path}/zone/records.db",
        audit_heads=str(tmp_path / "zone" / "heads"),
        attachments_dir=str(tmp_path / "zone" / "files"),
    )
    kept = set(zone.files.kept())
    serving.serve_app(
        f"sqlite:///{tmp_path}/zone/graph.db", settings, "127.0.0.1", 8000, sample=False
    )
    assert set(zone.files.kept()) == kept - {orphan}
