"""compose.yaml, the image and the guide: loopback only, no password in sight, names that exist."""

from __future__ import annotations

import re
import tomllib

import neo4j

from api.serving import LOOPBACK
from api.settings import SETTINGS
from tests.conftest import ROOT
from tests.neo4j.server import VERSION, Login


def without_comments(name: str) -> str:
    return re.sub(r"(?m)(^|\s)#.*$", "", (ROOT / name).read_text("utf-8"))


COMPOSE = without_comments("compose.yaml")
DOCKERFILE = without_comments("Dockerfile")
GUIDE = (ROOT / "docs" / "neo4j.md").read_text("utf-8")
# Every `name: value` of one line, whatever it is nested in.
PAIRS = [
    (key, value.strip("\"'"))
    for key, value in re.findall(r"^ *-? *([\w-]+): +(\S.*?) *$", COMPOSE, re.MULTILINE)
]
VALUES = dict(PAIRS)


def setting_of(variable: str) -> str:
    """The server's setting that a variable of the official image means."""
    name = variable.removeprefix("NEO4J_")
    return name.replace("__", "\0").replace("_", ".").replace("\0", "_")


def test_the_images_are_the_official_one_and_our_own() -> None:
    series = ".".join(VERSION.split(".")[:2])
    assert [v for k, v in PAIRS if k == "image"] == [f"neo4j:{series}-community", "lianzhu"]
    assert VALUES["build"] == "."
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:3.11-slim"] * 2


def test_everything_listens_on_loopback_and_nothing_is_published() -> None:
    services = re.findall(
        r"^  (\w+):$", COMPOSE.split("\nservices:")[1].split("\nsecrets:")[0], re.M
    )
    assert services == ["neo4j", "lianzhu"]
    assert [v for k, v in PAIRS if k == "network_mode"] == ["host"] * len(services)
    assert "ports" not in VALUES
    assert "0.0.0.0" not in COMPOSE
    assert VALUES["LIANZHU_HOST"] in LOOPBACK
    assert VALUES["NEO4J_server_default__listen__address"] in LOOPBACK
    hosts = re.findall(r"\w+://([^:/'\"]+)", COMPOSE)
    assert set(hosts) <= set(LOOPBACK)


def test_passwords_come_from_files_that_neither_git_nor_the_image_sees() -> None:
    secret = {k: v for k, v in PAIRS if re.search("auth|pass|token|key", k, re.IGNORECASE)}
    assert secret.keys() == {"NEO4J_AUTH_FILE", "LIANZHU_GRAPH_PASSWORD_FILE"}
    made = dict(re.findall(r"^  (\w+):\n    file: (\S+)$", COMPOSE, re.MULTILINE))
    assert made.keys() == {value.removeprefix("/run/secrets/") for value in secret.values()}
    for name, file in made.items():
        assert file == f"./var/secrets/{name}"
        assert f"> var/secrets/{name}\n" in GUIDE
        assert f"secrets: [{name}]" in COMPOSE
    assert "var/" in (ROOT / ".gitignore").read_text("utf-8").split()
    assert without_comments(".dockerignore").split()[0] == "*"


def test_the_data_survive_and_pages_wait_for_a_healthy_server() -> None:
    volumes = re.findall(r"^  ([\w-]+):$", COMPOSE.split("\nvolumes:")[1], re.MULTILINE)
    mounted = re.findall(r"^      - ([\w-]+):/([\w/]+)$", COMPOSE, re.MULTILINE)
    home = "var/lib/lianzhu"
    assert mounted == [("neo4j-data", "data"), ("neo4j-logs", "logs"), ("lianzhu-data", home)]
    for setting in ("LIANZHU_RECORDS_URL", "LIANZHU_AUDIT_HEADS"):
        assert f"/{home}/" in VALUES[setting]
    assert f"-o lianzhu /{home}" in DOCKERFILE
    assert volumes == [name for name, _ in mounted]
    assert COMPOSE.count("healthcheck:") == 2
    assert VALUES["condition"] == "service_healthy"


def test_every_setting_of_ours_exists() -> None:
    known = {setting.name for setting in SETTINGS}
    for text in (COMPOSE, GUIDE, DOCKERFILE):
        assert set(re.findall(r"LIANZHU_[A-Z_]*[A-Z]", text)) <= known


def test_every_setting_of_the_server_exists_and_it_tells_nobody(neo4j_server: Login) -> None:
    auth = (neo4j_server.user, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.url, auth=auth) as driver:
        records = driver.execute_query("SHOW SETTINGS YIELD name", database_="system").records
    known = {record["name"] for record in records}
    ours = {setting_of(k): v for k, v in PAIRS if k.startswith("NEO4J_") and k != "NEO4J_AUTH_FILE"}
    assert ours.keys() <= known
    assert ours["dbms.usage_report.enabled"] == ours["client.allow_telemetry"] == "false"


def test_the_image_holds_what_the_wheel_is_built_of_and_no_more() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert re.findall(r"^COPY (\w+) \1$", DOCKERFILE, re.MULTILINE) == packages
    allowed = {
        line.removeprefix("!") for line in without_comments(".dockerignore").split() if "!" in line
    }
    needed = {"LICENSE", "README.md", "pyproject.toml", "requirements.lock"}
    assert allowed == {*packages, *needed}
    assert all(name in DOCKERFILE for name in needed)


def test_the_image_installs_by_hash_and_does_not_run_as_root() -> None:
    assert "pip install --no-cache-dir --require-hashes -r requirements.lock" in DOCKERFILE
    assert "--no-deps --no-build-isolation ." in DOCKERFILE
    last = DOCKERFILE.rpartition("FROM")[2]
    assert "USER lianzhu" in last
    assert 'CMD ["lianzhu", "serve"]' in last
