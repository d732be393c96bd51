"""The house keeps its rules: words, settings, options, names and packages can't drift."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.resources import files
from pathlib import Path

import pytest

from api.cli import app
from api.cli_admin import app as admin_app
from api.cli_graph import app as graph_app
from api.settings import SETTINGS, Settings, read_settings
from graph.errors import UsageError
from graph.store import open_store
from graph.tables import TABLES
from ingest.samples import load_sample
from tests.conftest import ROOT

PACKAGES = ("graph", "ingest", "records", "viz", "api")
SOURCES = [p for name in PACKAGES for p in (ROOT / name).rglob("*.py")]
RAISED = re.compile(
    r'(?:Error|Refused|Problem|NotFound|Ambiguous|Busy|Exceeded|FileRefused)\(\s*"([a-z_0-9]+)"'
)
NOTED = re.compile(r'(?:Note\(|\.error\([^,()]+,\s*|_error\([^"\n]*)"([a-z_0-9]+)"')


def raised() -> Iterator[tuple[str, Path]]:
    for path in SOURCES:
        text = path.read_text("utf-8")
        for code in (*RAISED.findall(text), *NOTED.findall(text)):
            yield code, path


def test_every_code_has_its_sentences_in_both_languages() -> None:
    words = tomllib.loads(files("viz").joinpath("i18n", "errors.toml").read_text("utf-8"))
    missing = {(code, path.name) for code, path in raised() if code not in words}
    assert missing == set()
    assert [c for c, w in words.items() if not (w.get("zh") and w.get("en"))] == []
    assert [c for c, w in words.items() if ("zh_hint" in w) != ("en_hint" in w)] == []


def test_settings_are_listed_once_and_documented() -> None:
    readme = (ROOT / "api" / "README.md").read_text("utf-8")
    assert len(SETTINGS) <= 40
    assert {s.name.removeprefix("LIANZHU_").lower() for s in SETTINGS} == set(
        Settings.__dataclass_fields__
    )
    for setting in SETTINGS:
        assert f"| `{setting.name}` | `{setting.default}` |" in readme


def test_settings_default_to_what_is_documented_and_refuse_nonsense() -> None:
    assert read_settings({}) == Settings()
    with pytest.raises(UsageError) as caught:
        read_settings({"LIANZHU_PORT": "eight"})
    assert caught.value.facts["setting"] == "LIANZHU_PORT"


def test_commands_are_documented() -> None:
    readme = (ROOT / "api" / "README.md").read_text("utf-8")
    names = {str(c.name or c.callback.__name__) for c in app.registered_commands if c.callback}
    assert names == {
        "import", "gaps", "rank", "explain", "fit", "export", "sample", "serve", "doctor",
        "backup", "restore",
    }  # fmt: skip
    commands = graph_app.registered_commands
    graph = {f"graph {c.name or c.callback.__name__}" for c in commands if c.callback}
    admin = {f"admin {c.name}" for c in admin_app.registered_commands}
    assert admin == {"admin create-user", "admin disable-user", "admin reset-user"}
    for name in (*names, *graph, *admin, "records migrate"):
        assert f"`{name}" in readme


def test_import_columns_are_documented() -> None:
    readme = (ROOT / "ingest" / "README.md").read_text("utf-8")
    for table in TABLES.values():
        assert f"`{table.name}`" in readme
        for column in table.columns:
            assert f"`{column.name}`" in readme, (table.name, column.name)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_public_names_are_declared_sorted_and_there(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    declared = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
    ]
    if not declared:
        # A migration is run by its tool, by file and not by name.
        assert path.name in ("__init__.py", "child.py") or "migrations" in path.parts
        return
    names = declared[0]
    assert names == sorted(names, key=_ruff_order)
    assert len(names) == len(set(names))
    top = {n for node in tree.body for n in _names(node)}
    assert set(names) <= top


def _ruff_order(name: str) -> tuple[int, str]:
    """SCREAMING, then Camel, then lower, as the linter sorts them."""
    kind = 0 if name.isupper() else 1 if name[:1].isupper() else 2
    return kind, name


def _names(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            for leaf in ast.walk(target):
                if isinstance(leaf, ast.Name):
                    yield leaf.id
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (a.asname or a.name for a in node.names)


def test_no_other_distribution_ships_our_package_names() -> None:
    others = {
        dist.metadata["Name"]
        for dist in distributions()
        if dist.metadata["Name"] != "lianzhu"
        for file in dist.files or ()
        if file.parts and file.parts[0] in PACKAGES
    }
    assert others == set()


def test_files_stay_small() -> None:
    allowed = {"tables.py", "cypher.py"}  # lists of all columns and statements: data, not code
    long = [p.name for p in SOURCES if len(p.read_text("utf-8").splitlines()) > 350]
    assert set(long) <= allowed


def test_direct_dependencies_are_few() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert len(project["dependencies"]) <= 28


def test_a_command_waits_for_no_library_it_does_not_use() -> None:
    heavy = ["fastapi", "openpyxl", "networkx", "scipy.optimize", "alembic", "docx", "uvicorn",
             "weasyprint"]  # fmt: skip
    asked = f"import sys, api.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, cwd=ROOT)
    assert done.stdout.decode().strip() == "[]"


def test_nothing_ships_an_address_that_pages_would_load() -> None:
    for path in (ROOT / "viz" / "templates").rglob("*.html"):
        assert not re.search(r'(?:src|href)="https?://', path.read_text("utf-8")), path


def test_the_readme_example_runs(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.S)
    store = open_store(f"sqlite:///{tmp_path}/sample.db", deadline=3.0)
    store.migrate()
    load_sample(store)
    store.close()
    exec(code.replace("var/sample.db", f"{tmp_path}/sample.db"), {})
