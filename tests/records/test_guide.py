"""docs/records.md and the command it names do what they say."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from api.cli import app
from api.serving import LOOPBACK
from api.settings import SETTINGS, read_settings
from graph.errors import StoreError, UsageError
from records.database import Records
from tests.conftest import ROOT
from tests.postgres import Login
from tests.records.writers import to_version

GUIDE = (ROOT / "docs" / "records.md").read_text("utf-8")
COMPOSE = (ROOT / "compose.postgres.yaml").read_text("utf-8")


def run(url: str, tmp_path: Path, *command: str) -> Result:
    environ = {"LIANZHU_RECORDS_URL": url, "LIANZHU_LANG": "en"}
    environ["LIANZHU_AUDIT_HEADS"] = str(tmp_path / "heads")
    return CliRunner().invoke(app, command, env=environ)


def test_records_made_as_the_guide_says_can_be_used(postgres_server: Login, tmp_path: Path) -> None:
    (statements,) = re.findall(r"```sql\n(.*?)```", GUIDE, re.S)
    name = f"lianzhu_test_{secrets.token_hex(4)}"
    for statement in statements.strip().split(";\n"):
        postgres_server.ask(statement.replace("lianzhu", name).rstrip(";"))
    try:
        (given,) = re.findall(r"LIANZHU_RECORDS_URL=(\S+)", GUIDE)
        url = make_url(given.replace("lianzhu", name))
        at = make_url(postgres_server.url)
        url = url.set(host=at.host, port=at.port)
        (tmp_path / "password").write_text("换成自己的口令\n", "utf-8")
        settings = read_settings(
            {
                "LIANZHU_RECORDS_URL": url.render_as_string(hide_password=False),
                "LIANZHU_RECORDS_PASSWORD_FILE": str(tmp_path / "password"),
                "LIANZHU_AUDIT_HEADS": str(tmp_path / "heads"),
            }
        )
        records = settings.open_records()
        has, needs = records.migrate()
        assert (has, records.version()) == (None, (needs, needs))
        records.close()
    finally:
        postgres_server.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        postgres_server.ask(f"DROP ROLE IF EXISTS {name}")


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = str(tmp_path / "none")
    environ = {"LIANZHU_RECORDS_URL": "postgresql://a@h/b", "LIANZHU_RECORDS_PASSWORD_FILE": file}
    with pytest.raises(UsageError) as caught:
        read_settings(environ).open_records()
    assert caught.value.facts == {"setting": "LIANZHU_RECORDS_PASSWORD_FILE", "value": file}


def test_a_database_that_cannot_hold_chinese_is_refused(postgres_server: Login) -> None:
    name = f"lianzhu_test_{secrets.token_hex(4)}"
    postgres_server.ask(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING LATIN1 LOCALE 'C'")
    try:
        records = Records(postgres_server.address(name))
        with pytest.raises(StoreError) as caught:
            records.ready()
        assert (caught.value.code, caught.value.facts["found"]) == ("records_encoding", "LATIN1")
        records.close()
    finally:
        postgres_server.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def test_migrate_says_from_which_version_to_which(records_url: str, tmp_path: Path) -> None:
    again = run(records_url, tmp_path, "records", "migrate")
    old = f"sqlite:///{tmp_path}/old.db"
    to_version(old, "0001")
    first = run(old, tmp_path, "records", "migrate", "--json")
    second = run(old, tmp_path, "records", "migrate")
    answer = json.loads(first.stdout)
    assert (answer["from"], first.exit_code, second.exit_code) == ("0001", 0, 0)
    assert f"version {answer['to']}: nothing to do" in second.stdout
    assert answer["to"] in again.stdout
    assert again.exit_code == 0


def test_doctor_says_which_database_answers(records_url: str, tmp_path: Path) -> None:
    store = ("--store", f"sqlite:///{tmp_path}/graph.db")
    answer = json.loads(run(records_url, tmp_path, "doctor", *store, "--json").stdout)
    (check,) = [check for check in answer["checks"] if check["name"] == "records"]
    assert check["ok"]
    product = "PostgreSQL 1" if "postgresql" in records_url else "SQLite 3."
    assert product in check["detail"]
    assert str(make_url(records_url).password) not in check["detail"] or "sqlite" in records_url
    nobody = "postgresql://somebody:secret-word@127.0.0.1:9/none"
    failed = run(nobody, tmp_path, "doctor", *store)
    assert failed.exit_code == 1
    assert "do not answer" in failed.stdout
    assert "secret-word" not in failed.output


def test_every_setting_and_file_that_is_named_exists() -> None:
    known = {setting.name for setting in SETTINGS}
    for text in (GUIDE, COMPOSE):
        assert set(re.findall(r"LIANZHU_[A-Z_]*[A-Z]", text)) <= known
    for name in re.findall(r"compose[.\w]*\.yaml|\((\w+\.md)\)", GUIDE):
        assert not name or (ROOT / "docs" / name).is_file()


def test_postgresql_of_compose_is_on_loopback_with_its_password_in_a_file() -> None:
    assert COMPOSE.count("network_mode: host") == 1
    assert "listen_addresses=127.0.0.1" in COMPOSE
    assert "ports:" not in COMPOSE
    assert set(re.findall(r"\w+://\w+@([^:/]+)", COMPOSE)) <= set(LOOPBACK)
    assert "> var/secrets/postgres_password" in GUIDE
    assert "file: ./var/secrets/postgres_password" in COMPOSE
    assert re.findall(r"(?m)^ +(\w*(?:PASSWORD|SECRET)\w*): (\S+)$", COMPOSE) == [
        ("POSTGRES_PASSWORD_FILE", "/run/secrets/postgres_password"),
        ("LIANZHU_RECORDS_PASSWORD_FILE", "/run/secrets/postgres_password"),
    ]
