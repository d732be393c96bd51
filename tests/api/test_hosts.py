"""The names this server is asked under, and where a write may come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse

from api.security.hosts import Hosts, hosts_of, is_own, origins_of
from graph.errors import UsageError
from graph.store.base import GraphStore
from tests.api.signed import office

ORIGINS = origins_of("https://chain.example.cn, http://b.example:8080")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("chain.example.cn", 200),
        ("chain.example.cn:443", 200),
        ("evil.example", 400),
        ("chain.example.cn.evil.example", 400),
        ("localhost@evil.example", 400),
        ("evil.example@localhost", 400),
        ("[::1", 400),
        ("", 400),
    ],
)
def test_only_names_of_this_server_are_answered(host: str, status: int) -> None:
    app = Hosts(PlainTextResponse("x"), hosts_of(ORIGINS))
    answer = TestClient(app).get("/", headers={"host": host})
    assert answer.status_code == status
    if status == 400:
        assert "LIANZHU_ORIGIN" in answer.text
        assert "evil" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_without_an_origin_only_loopback_names_count() -> None:
    assert hosts_of(origins_of("")) == {"127.0.0.1", "localhost", "::1"}


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("https://chain.example.cn", "chain.example.cn", True),
        ("http://chain.example.cn", "chain.example.cn", False),  # somebody on the way
        ("https://chain.example.cn:8443", "chain.example.cn:8443", False),
        ("http://b.example:8080", "b.example:8080", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("http://127.0.0.1:9000", "127.0.0.1:8000", False),
        ("https://evil.example", "evil.example", False),
        ("null", "chain.example.cn", False),
        ("", "chain.example.cn", False),
    ],
)
def test_where_a_write_may_come_from(origin: str, host: str, own: bool) -> None:
    assert is_own(origin, host, ORIGINS) is own


def test_without_named_origins_a_page_of_the_same_host_may_write() -> None:
    assert is_own("http://localhost:8000", "localhost:8000", ())
    assert not is_own("http://localhost:8001", "localhost:8000", ())


@pytest.mark.parametrize(
    "wrong",
    ["chain.example.cn", "ftp://a.example", "https://", "https://a.example/x", "https://u@a.example",
     "https://a.example:99999", "https://a..example", "https://[::1"],
)  # fmt: skip
def test_what_is_no_address_is_told_at_the_start(wrong: str) -> None:
    with pytest.raises(UsageError, match="bad_setting") as caught:
        origins_of(f"https://good.example, {wrong}")
    assert caught.value.facts == {"setting": "LIANZHU_ORIGIN", "value": wrong}


def test_a_chinese_name_is_what_a_browser_makes_of_it() -> None:
    assert origins_of("https://产业链.中国") == {"https://xn--vhq3mw41p.xn--fiqs8s"}


@pytest.mark.parametrize(
    ("origin", "status"), [("https://chain.example.cn", 401), ("http://chain.example.cn", 403)]
)
def test_the_setting_says_which_pages_may_write(
    sample_store: GraphStore, tmp_path: Path, origin: str, status: int
) -> None:
    browser = office(sample_store, tmp_path, origin="https://chain.example.cn").browser()
    headers = {"Host": "chain.example.cn", "Origin": origin}
    form = {"login": "nobody", "password": "wrong password"}
    assert browser.post("/signin", data=form, headers=headers).status_code == status
