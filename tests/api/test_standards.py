"""准入标准: versions and workbooks in a folder, the pages, and who sees which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from api.standards import standards_of, state_of
from graph.errors import DataError, UsageError
from graph.review.standard import Standard, resolve
from graph.store.base import GraphStore
from ingest.standard_sheet import read_standard_sheet, write_standard
from viz.words import LANGS

DAY = date(2026, 11, 2)
OWN = """
id = "own"
version = "1"
name = "本园标准"
park = "park-zhongdian"
based_on = "default-land"
valid_from = 2026-02-01
document = "园发〔2026〕1号"
[[indicator]]
id = "investment-per-mu"
minimum = 240
"""
SECOND = """
id = "own"
version = "2"
name = "本园标准"
based_on = "own"
valid_from = 2026-09-01
valid_to = 2028-08-31
document = "园发〔2026〕9号"
drop = ["v-funds"]
required = ["investment_wan", "land_mu"]
[cutoffs]
approve = 85
[[indicator]]
id = "investment-per-mu"
minimum = 300
source = "园发〔2026〕9号 第三条"
[[indicator]]
id = "advanced"
weight = 2
[[indicator]]
id = "team"
name = "团队"
head = "talent"
expert = true
weight = 3
assumed = true
[[veto]]
id = "v-new"
name = "未批先建"
department = "住建"
basis = "条例"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "standards"
    made.mkdir()
    (made / "own-1.toml").write_text(OWN, "utf-8")
    (made / "a-newer.toml").write_text(SECOND, "utf-8")
    return made


@pytest.fixture
def own(sample_store: GraphStore, tmp_path: Path, folder: Path) -> Iterator[TestClient]:
    """The sample's data as one's own, with standards in a folder."""
    settings = Settings(
        graph_url=f"sqlite:///{tmp_path}/sample.db",
        records_url=f"sqlite:///{tmp_path}/records.db",
        standards_dir=str(folder),
    )
    app = create_app(sample_store, settings)
    app.state.today = DAY
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def by_version(folder: Path, id_: str = "own") -> dict[str, Standard]:
    return {s.version: s for s in standards_of(folder, sample=False) if s.id == id_}


def minimum(standard: Standard) -> float | None:
    return {i.id: i.minimum for i in standard.indicators}["investment-per-mu"]


def test_versions_stand_beside_each_other_and_the_last_begun_is_in_force(folder: Path) -> None:
    found = by_version(folder)
    assert {version: minimum(s) for version, s in found.items()} == {"1": 240.0, "2": 300.0}
    assert found["2"].park == "park-zhongdian"  # from the version before it
    every = standards_of(folder, sample=False)
    for day, version, states in (
        (date(2026, 8, 31), "1", ["in_force", "future"]),
        (date(2026, 9, 1), "2", ["replaced", "in_force"]),
        (date(2028, 9, 1), "1", ["in_force", "expired"]),
    ):
        held = resolve(every, ["park-zhongdian"], "", "LAND", day)
        assert held is not None
        assert held.version == version
        assert [state_of(found[v], every, day) for v in ("1", "2")] == states


def test_a_workbook_is_read_like_the_text_it_was_made_from(folder: Path) -> None:
    before = by_version(folder)
    (folder / "own-1.toml").unlink()
    (folder / "own.xlsx").write_bytes(write_standard(before["1"]))
    (folder / "~$own.xlsx").write_bytes(b"open in Excel")
    (folder / "notes.txt").write_text("x", "utf-8")
    assert by_version(folder) == before


def test_a_workbook_that_is_wrong_says_where(folder: Path) -> None:
    (folder / "bad.xlsx").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(DataError) as caught:
        standards_of(folder, sample=False)
    assert caught.value.facts["file"] == "bad.xlsx"


def test_the_same_version_twice_is_refused(folder: Path) -> None:
    (folder / "b.toml").write_text(OWN, "utf-8")
    with pytest.raises(UsageError, match="standard_twice") as caught:
        standards_of(folder, sample=False)
    assert (caught.value.facts["standard"], caught.value.facts["version"]) == ("own", "1")


def test_what_is_based_on_itself_is_refused(folder: Path) -> None:
    for name, base in (("x", "y"), ("y", "x")):
        text = OWN.replace('"own"', f'"{name}"').replace('"default-land"', f'"{base}"')
        (folder / f"{name}.toml").write_text(text, "utf-8")
    with pytest.raises(DataError, match="standard_circle"):
        standards_of(folder, sample=False)


@pytest.mark.parametrize(
    ("version", "begins", "left"),
    [
        ("2025.1", "2025-01-01", ["2025.1"]),  # else the program's would be in force over it
        ("2027.1", "2027-01-01", ["2026.1", "2027.1"]),  # the program's holds until then
        ("2026.1", "2027-01-01", ["2026.1"]),
    ],
)
def test_a_default_gives_way_to_the_office_s_own(
    tmp_path: Path, version: str, begins: str, left: list[str]
) -> None:
    text = OWN.replace('"own"', '"default-land"').replace("2026-02-01", begins)
    (tmp_path / "d.toml").write_text(text.replace('version = "1"', f'version = "{version}"'))
    found = by_version(tmp_path, "default-land")
    assert sorted(found) == left
    assert minimum(found[version]) == 240.0


@pytest.mark.parametrize("content", ["id = '标准'".encode("gb18030"), b"id = "])
def test_what_is_no_toml_in_utf8_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(DataError, match="bad_toml"):
        standards_of(tmp_path, sample=False)


def test_the_list_says_whose_for_what_since_when_and_what_is_assumed(own: TestClient) -> None:
    text = own.get("/standards").text
    for said in (
        "默认准入标准(供地)", "全区通用", "园发〔2026〕9号", "2028-08-31", "已有新版本", "施行中",
        "18 项中 13 项的数字是本程序的假设", "本程序自带,未经批准",
    ):  # fmt: skip
        assert said in text, said
    rows = own.get("/api/v1/standards").json()["standards"]
    found = {(r["id"], r["version"]): r for r in rows}
    assert set(found) == {
        ("default-land", "2026.1"), ("default-park", "2026.1"), ("own", "1"), ("own", "2"),
    }  # fmt: skip
    second = found["own", "2"]
    assert (second["valid_from"], second["valid_to"]) == ("2026-09-01", "2028-08-31")
    assert (second["state"], second["indicators"], second["assumed"]) == ("in_force", 19, 14)


def test_one_standard_with_its_numbers_and_where_they_are_from(own: TestClient) -> None:
    text = own.get("/standards/own").text  # the version in force
    for said in (
        "园发〔2026〕9号 第三条", "总投资 / 用地", "≥ 300", "≥ 350", "本程序的假设", "未批先建",
        "≥ 4 得 40%;≥ 6 得 70%;≥ 8 得 100%", "图谱:补链贡献", "85", "10%", "总投资、用地",
    ):  # fmt: skip
        assert said in text, said
    assert "资金来源没有证明" not in text
    assert "240" not in own.get("/standards/own?version=2").text
    assert "≥ 240" in own.get("/standards/own?version=1").text
    answer = own.get("/api/v1/standards/own").json()
    assert answer["standard"]["valid_to"] == "2028-08-31"
    assert answer["weights"] == {
        "technology": 17, "direction": 30, "talent": 18, "yield": 30, "subject": 5,
    }  # fmt: skip
    assert [v["version"] for v in answer["versions"]] == ["2", "1"]
    assert answer["changes"] is None


def test_what_a_version_changed_is_said_in_words(own: TestClient) -> None:
    text = unescape(own.get("/standards/own?version=2&with=1").text)
    for said in (
        "从 1 到 2 改了什么",
        "<li>版本:1 → 2</li>",
        "<li>失效日期:无 → 2028-08-31</li>",
        "<li>通过分数线:80 → 85</li>",
        "<li>“投资强度”的最低:240 → 300</li>",
        "<li>“技术先进性”的权重:5 → 2</li>",
        "<li>新增“团队”</li>",
        "<li>新增“未批先建”</li>",
        "<li>去掉“资金来源没有证明”</li>",
        "<li>必填字段:总投资、用地、年税收、年产值 → 总投资、用地</li>",
    ):
        assert said in text, said
    back = unescape(own.get("/standards/own?version=1&with=2&lang=en").text)
    assert "<li>投资强度, minimum: 300 → 240</li>" in back
    changes = own.get("/api/v1/standards/own?version=2&with=1").json()["changes"]
    assert {"what": "cutoffs.approve", "before": 80.0, "after": 85.0} in changes
    assert {"what": "valid_to", "before": None, "after": "2028-08-31"} in changes
    same = own.get("/standards/own?version=1&with=1").text
    assert "两个版本一样" in same


def test_the_workbook_taken_out_is_the_standard_put_in(own: TestClient, folder: Path) -> None:
    answer = own.get("/standards/own.xlsx?version=1")
    assert answer.headers["content-disposition"].endswith("''own-1.xlsx")
    assert read_standard_sheet(answer.content, "own-1.xlsx") == by_version(folder)["1"]


@pytest.mark.parametrize("kind", ["/standards", "/api/v1/standards"])
def test_what_there_is_not_is_not_found(own: TestClient, kind: str) -> None:
    for path in ("/nowhere", "/own?version=9", "/own?with=9"):
        answer = own.get(kind + path)
        assert answer.status_code == 404, path


def test_a_broken_file_is_named_on_the_page(own: TestClient, folder: Path) -> None:
    (folder / "x.xlsx").write_bytes(b"name,value")
    answer = own.get("/standards")
    assert answer.status_code == 422
    assert "x.xlsx" in answer.text


def test_a_page_is_new_when_a_file_is(own: TestClient, folder: Path) -> None:
    first = own.get("/standards/own")
    kept = {"If-None-Match": first.headers["etag"]}
    assert own.get("/standards/own", headers=kept).status_code == 304
    (folder / "a-newer.toml").write_text(SECOND.replace("300", "310"), "utf-8")
    assert "≥ 310" in own.get("/standards/own", headers=kept).text


def test_an_expired_standard_says_so(own: TestClient) -> None:
    own.app.state.today = date(2029, 1, 1)  # type: ignore[attr-defined]
    text = own.get("/standards/own?version=2").text
    assert "这份标准 2028-08-31 已到期" in text
    assert "已到期" in own.get("/standards").text


def test_a_park_operator_sees_what_holds_for_its_park(own: TestClient) -> None:
    def seen(park: str) -> set[str]:
        own.cookies.set("lianzhu-role", f"park:{park}")
        return {r["id"] for r in own.get("/api/v1/standards").json()["standards"]}

    general = {"default-land", "default-park"}
    assert seen("park-jiqiren") == general
    theirs, absent = (own.get(f"/api/v1/standards/{x}") for x in ("own", "nowhere"))
    assert (theirs.status_code, absent.status_code) == (404, 404)
    told = [a.text.replace(f"/{x}", "/").replace(f"\\u201c{x}\\u201d", "") for a, x in
            ((theirs, "own"), (absent, "nowhere"))]  # fmt: skip
    assert told[0] == told[1]
    assert own.get("/standards/default-land.xlsx").status_code == 403
    assert ".xlsx" not in own.get("/standards/default-land").text
    for park in ("park-zhongdian", "park-zhongdian-xinxigang"):  # 园中园 takes it over
        assert seen(park) == {*general, "own"}


@pytest.mark.parametrize("lang", LANGS)
def test_every_standard_of_the_sample_has_its_page(client: TestClient, lang: str) -> None:
    rows = client.get("/api/v1/standards").json()["standards"]
    assert len(rows) == 8
    for row in rows:
        answer = client.get(f"/standards/{row['id']}?lang={lang}")
        assert answer.status_code == 200
        assert " style=" not in answer.text
        assert row["document"] in answer.text


def test_the_menu_the_check_and_the_guide_lead_to_the_standards(client: TestClient) -> None:
    menu = client.get("/").text.partition("</nav>")[0]
    assert '<a href="/standards">准入标准</a>' in menu
    check = unescape(client.get("/prechecks/demo-p-fabeng").text)
    assert 'href="/standards/default-land?version=2026.1"' in check
    assert 'href="/standards"' in client.get("/guide").text
