"""No query is put together: the server gets the statements of one module, values as parameters."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import FrameType
from typing import Any, TypeGuard, cast

import neo4j
import pytest

from graph.model import LABELS, RELATIONS
from graph.store import cypher
from graph.store.cypher import COLUMNS, KINDS, Kind, Statement, rel_columns
from graph.store.neo4j_store import Neo4jStore
from graph.tables import TABLES
from tests.conftest import ROOT
from tests.graph.store.statements import MODULE, problems, problems_of_module
from tests.neo4j.server import Login

PACKAGES = ("graph", "ingest", "viz", "api")
SOURCES = [path for name in PACKAGES for path in sorted((ROOT / name).rglob("*.py"))]
HERE = ROOT / "graph" / "store" / "cypher.py"
PLACEHOLDERS = re.compile(r"\b(LABEL|TYPE|SOURCE|TARGET|NAME|MARK|COLUMNS)\b")
# Every quoted text of a statement: kinds of before-images, "without a key", names of an index.
QUOTED = {"''", "'node'", "'rel'", "'lianzhu_names'", "'cjk'", "'write'", "'Running'", "'PT2S'"}
HEAD = (
    "from graph.store import cypher\nfrom graph.store.cypher import PING, Statement, rel_columns\n"
)


def statements(
    labels: Collection[str] = LABELS, kinds: Collection[Kind] = KINDS
) -> list[Statement]:
    """Every statement of the module, spread over labels and kinds of relations."""
    chosen: set[object] = {*labels, *kinds}
    found = [rel_columns(kind, tuple(sorted(COLUMNS[kind[0]]))) for kind in kinds]
    for value in vars(cypher).values():
        if isinstance(value, Mapping):
            found += [each for key, each in value.items() if key in chosen and _is_one(each)]
        elif isinstance(value, tuple):
            found += [each for each in value if _is_one(each)]
        elif _is_one(value):
            found.append(value)
    return found


def _is_one(value: object) -> TypeGuard[Statement]:
    return isinstance(value, Statement)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


# --- the sources -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOURCES, ids=module_name)
def test_only_statements_of_the_module_are_sent(path: Path) -> None:
    if module_name(path) == MODULE:
        assert problems_of_module(path.read_text("utf-8")) == []
    else:
        assert problems(path.read_text("utf-8"), module_name(path)) == []


GOOD = [
    "tx.run(cypher.PING)",
    "tx.run(cypher.GET[label], ids=[1])",
    "tx.run(PING)",
    "tx.run(rel_columns(kind, names), after='')",
    "statement = cypher.GET[a] if a else PING\ntx.run(statement)",
    "for statement in cypher.SCHEMA:\n    bolt.execute(statement, 1.0)",
    "def f(statement: Statement) -> None:\n    tx.send(statement, rows=[])",
    "def f(statement: Statement) -> None:\n    g(lambda: tx.send(statement))",
    "rows = [r for statement in cypher.GET.values() for r in tx.rows(statement)]",
    "class V:\n    def __init__(self) -> None:\n        self.run = tx.run",
]
BAD = [
    'tx.run(f"MATCH (n:{label}) RETURN n")',
    'tx.run("RETURN 1")',
    'tx.run("RETURN " + name)',
    'tx.run("RETURN %s" % name)',
    'tx.run("RETURN {}".format(name))',
    "tx.run(text)",
    "tx.run(statement=cypher.PING)",
    "tx.run(self.text)",
    "tx.run(cypher.PING.text + name)",
    "tx.run(other.GET)",
    'query = cypher.PING\nquery = f"RETURN {name}"\ntx.run(query)',
    "query = cypher.PING\nquery += name\ntx.run(query)",
    "query, label = cypher.PING, name\ntx.run(query)",
    "def f(query: str) -> None:\n    tx.run(query)",
    "def f(*queries: str) -> None:\n    tx.send(queries[0])",
    "def f(query) -> None:\n    tx.run(query)",
    "def f(statement: Statement) -> None:\n    statement = name\n    tx.run(statement)",
    "for query in names:\n    bolt.execute(query, 1.0)",
    "with query() as found:\n    view.rows(found)",
    "if (query := name):\n    tx.run(query)",
    "lambda query: tx.run(query)",
    'tx.run(Statement("x", name))',
    "replace(cypher.PING, text=name)",
    'made = Statement("x", f"RETURN {name}")',
    "driver.execute_query(name)",
    "session.run(Query(name))",
    "session.run(_query(name))",
    "go = tx.run\ngo(name)",
    'getattr(tx, name)("MATCH (n) DETACH DELETE n")',
    "import neo4j",
    "from neo4j import Query",
    "def f() -> None:\n    from neo4j.exceptions import AuthError",
]


@pytest.mark.parametrize("code", GOOD)
def test_the_check_lets_through_what_is_right(code: str) -> None:
    assert problems(HEAD + code, "graph.store.planted") == []


@pytest.mark.parametrize("code", BAD)
def test_the_check_finds_what_is_planted(code: str) -> None:
    line = HEAD.count("\n") + 1
    found = problems(HEAD + code, "graph.store.planted")
    assert [what for what in found if int(what.split(":")[1]) >= line]


@pytest.mark.parametrize(
    "code",
    [
        'X = Statement("x", f"RETURN {name}")',
        'X = Statement("x", "RETURN " + name)',
        'X = Statement("x", "RETURN %s" % name)',
        'X = Statement("x", "RETURN {}".format(name))',
        'X = Statement("x", "RETURN NAME".replace("NAME", name))',
        'X = Statement("x", " ".join(["RETURN", name]))',
        'def f(text):\n    text += name\n    return Statement("x", text)',
        'def f(text):\n    return Statement("x", text.replace("NAME", name))',
    ],
)
def test_the_check_of_the_module_finds_what_is_planted(code: str) -> None:
    assert problems_of_module(code)


def test_code_without_the_wire_may_call_its_own_things_run() -> None:
    assert problems("import uvicorn\nuvicorn.run(app)\ndb.execute(f'PRAGMA {n}')", "api.x") == []
    assert problems("name = 'MATCH (n) RETURN n'", "api.x") == [
        "api.x:1: a statement is written here"
    ]


# --- the statements --------------------------------------------------------------------------


def test_names_are_spread_from_the_vocabulary_alone() -> None:
    columns = {name for names in COLUMNS.values() for name in names}
    known = {c.name for table in TABLES.values() for c in table.columns}
    assert columns <= known | {"key", "stage", "as_of", "evidence", "grade"}
    assert _spread_at_import() <= {*LABELS, *RELATIONS}
    assert all(re.fullmatch(r"[A-Za-z_]+", name) for name in (*LABELS, *RELATIONS, *columns))


def _spread_at_import() -> set[str]:
    """Every name that is put into a statement while the module is imported."""
    spec = spec_from_file_location("cypher_again", HERE)
    assert spec
    assert spec.loader
    module, names = module_from_spec(spec), set[str]()

    def watch(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "_spread":
            names.update(cast("dict[str, str]", frame.f_locals["words"]).values())

    sys.modules[module.__name__] = module  # where its dataclass looks for its names
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.setprofile(before)
        del sys.modules[module.__name__]
    assert names
    return names


def test_values_are_parameters() -> None:
    texts = [statement.text for statement in statements()]
    assert len(texts) > 300
    assert {
        quoted for text in texts for quoted in re.findall(r"'[^']*'|\"[^\"]*\"", text)
    } <= QUOTED
    assert [text for text in texts if PLACEHOLDERS.search(text)] == []
    assert [text for text in texts if "//" in text or "/*" in text or ";" in text] == []


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_columns_come_from_the_tables_alone(kind: Kind) -> None:
    for name in ("name}) DETACH DELETE n //", "_rev", "id", "", "claims"):
        with pytest.raises(KeyError):
            rel_columns(kind, ("key", name))
    with pytest.raises(KeyError):
        rel_columns(("LIKES", "Enterprise", "Enterprise"), ())


@pytest.fixture(scope="module")
def session(neo4j_server: Login) -> Iterator[neo4j.Session]:
    login = neo4j_server
    store = Neo4jStore(login.url, auth=(login.user, login.password))
    store.migrate()
    store.close()
    with (
        neo4j.GraphDatabase.driver(login.url, auth=(login.user, login.password)) as driver,
        driver.session(database="neo4j", notifications_min_severity="OFF") as made,
    ):
        yield made


def test_the_server_understands_every_statement(session: neo4j.Session) -> None:
    # Planning all of them takes long, and what stands for one label stands for the others.
    some = statements(["Enterprise"], [kind for kind in KINDS if kind[0] == "PART_OF"])
    assert {statement.name for statement in some} == {each.name for each in statements()}
    for text, name in {statement.text: statement.name for statement in some}.items():
        given = dict.fromkeys(re.findall(r"\$(\w+)", text))
        plan = session.run(neo4j.Query(f"EXPLAIN {text}"), given).consume().plan
        assert plan, name
        # A scan with a filter compares text by UTF-16 units, an index goes by code point.
        if "USING INDEX" in text:
            assert not {each for each in operators(plan) if "Scan" in each}, name


def operators(plan: dict[str, Any]) -> Iterator[str]:
    yield plan["operatorType"]
    for child in plan.get("children", ()):
        yield from operators(child)
