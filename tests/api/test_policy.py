"""The policy: every identity × route × {own, other, absent}, and nothing without a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from api.app import create_app
from api.deps import records_at
from api.security.gate import Gate, flat, route_of
from api.security.identity import ANONYMOUS, Identity
from api.security.policy import POLICY, Rule, markdown, rights_of
from api.settings import Settings
from graph.review.commitments import Pledge, Promise, agree
from graph.store.base import GraphStore
from records import pledges
from records.roles import EVERY_ROLE, Role

DAY = date(2026, 7, 1)
ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "viz" / "templates"
OWN, OTHER, ABSENT = "demo-park-1", "demo-park-2", "nowhere"
PARKED = {"park_id", "project_id", "id"}
PEOPLE = {"anonymous": ANONYMOUS} | {
    role.value: Identity(role, role, frozenset({role}), park=OWN if role == Role.PARK else None)
    for role in Role
}


async def through(scope: Scope, receive: Receive, send: Send) -> None:
    """What stands behind the gate."""
    if scope["type"] == "http":
        await PlainTextResponse("through")(scope, receive, send)


@pytest.fixture
def app(sample_store: GraphStore, tmp_path: Path) -> FastAPI:
    return create_app(sample_store, Settings(records_url=f"sqlite:///{tmp_path}/r.db"), sample=True)


@pytest.fixture
def ask(app: FastAPI) -> Callable[[Identity, str, str], Response]:
    """The gate before the real routes, with nothing behind it: what it lets through is told."""
    asker = [ANONYMOUS]

    def refuse(_: Request, error: Exception) -> Response:
        codes = {"not_allowed": 403, "not_signed_in": 401, "cross_site": 403}
        return PlainTextResponse(error.code, codes[error.code])  # type: ignore[attr-defined]

    async def identify(_: Request) -> Identity:
        return asker[0]

    gate = Gate(
        through,
        routes=lambda: app.routes,
        identify=identify,
        refuse=refuse,
    )
    client = TestClient(gate, follow_redirects=False)

    def asked(identity: Identity, method: str, path: str) -> Response:
        asker[0] = identity
        headers = {"Sec-Fetch-Site": "same-origin"}
        return client.request(method, path, headers=headers)  # type: ignore[return-value]

    return asked


def address(template: str, which: str) -> str:
    """A concrete address of a route."""
    given = {"label": "Park", "name": "x.zip", "key": "k", "item": which, "task": which}
    return re.sub(
        r"\{(\w+)(?::path)?\}",
        lambda m: given.get(m[1], which if m[1] in PARKED else "c"),
        template,
    )


def test_every_route_has_a_rule_and_every_rule_a_route(app: FastAPI) -> None:
    routes = {
        f"{method} {route.path}"  # type: ignore[attr-defined]
        for route in flat(app.routes)
        for method in getattr(route, "methods", None) or ["GET"]
        if method != "HEAD"
    }
    assert routes == set(POLICY)


@pytest.mark.parametrize("who", PEOPLE)
def test_every_cell(who: str, ask: Callable[[Identity, str, str], Response]) -> None:
    identity, cells = PEOPLE[who], 0
    for route, rule in POLICY.items():
        method, _, template = route.partition(" ")
        for which in (OWN, OTHER, ABSENT):
            answer = ask(identity, method, address(template, which))
            cells += 1
            told = (route, which, answer.status_code)
            if rule.public or rule.roles & identity.roles or (rule.own_park and who == "park"):
                assert answer.text == "through", told  # type: ignore[attr-defined]
            elif who == "anonymous":
                page = method == "GET" and not template.startswith("/api/")
                assert answer.status_code == (303 if page else 401), told
            else:
                assert answer.status_code == 403, told
    assert cells == 3 * len(POLICY)


def test_the_duties_that_must_be_apart_are_apart() -> None:
    """三员分立: who runs the system, who works with it and who watches both are three."""
    admin, officer, auditor = (rights_of(frozenset({r})) for r in ("admin", "officer", "auditor"))  # type: ignore[arg-type]
    changes = {route for route in POLICY if route.startswith("POST ")}
    everyone = {route for route in changes if POLICY[route].roles == EVERY_ROLE}
    assert "GET /audit" in auditor
    assert "GET /audit" not in admin | officer
    assert auditor & changes <= everyone
    assert not admin & officer & (changes - everyone) - {"POST /blank"}
    assert not any("/surveys" in r or "/import" in r or "/corrections" in r for r in admin)


def test_what_a_page_shows_names_routes_that_are_there() -> None:
    named = {
        route
        for path in TEMPLATES.glob("*.html")
        for route in re.findall(r'frame\.may\("([^"]+)"\)', path.read_text("utf-8"))
    }
    assert named
    assert named <= set(POLICY)


def test_the_readme_shows_the_policy_in_force() -> None:
    """`python -m api.security.policy` prints it."""
    assert markdown() in (ROOT / "api" / "README.md").read_text("utf-8")


def as_park(client: TestClient, park: str = OWN) -> TestClient:
    client.cookies.set("lianzhu-role", f"park:{park}")
    return client


def project_of(client: TestClient, park: str) -> str:
    items = client.get("/api/v1/nodes/Project?limit=200").json()["items"]
    return next(str(p["id"]) for p in items if p.get("park") == park)


def test_a_park_operator_sees_its_own_and_nothing_tells_of_others(client: TestClient) -> None:
    items = client.get("/api/v1/nodes/Project?limit=200").json()["items"]
    own, other = sorted({p["park"] for p in items if p.get("park")})[:2]
    projects = {park: project_of(client, park) for park in (own, other)}
    kinds = {
        "/parks/{}": (own, other),
        "/entities/Park/{}": (own, other),
        "/projects/{}": tuple(projects.values()),
        "/entities/Project/{}": tuple(projects.values()),
        "/api/v1/parks/{}": (own, other),
        "/api/v1/entities/Park/{}": (own, other),
        "/api/v1/entities/Project/{}": tuple(projects.values()),
    }
    assert client.get(f"/parks/{other}").status_code == 200
    as_park(client, own)
    for path, (mine, theirs) in kinds.items():
        assert client.get(path.format(mine)).status_code == 200, path
        seen = client.get(path.format(theirs))
        absent = client.get(path.format("nowhere"))
        assert (seen.status_code, absent.status_code) == (404, 404), path
        assert seen.text.replace(theirs, "nowhere") == absent.text, path
        assert {k: v for k, v in seen.headers.items() if k != "content-length"} == {
            k: v for k, v in absent.headers.items() if k != "content-length"
        }, path


def test_no_page_of_a_park_operator_names_a_project_of_another_park(client: TestClient) -> None:
    items = client.get("/api/v1/nodes/Project?limit=200").json()["items"]
    own = next(p["park"] for p in items if p.get("park"))
    others = {p["name"] for p in items if p.get("park") != own} - {
        p["name"] for p in items if p.get("park") == own
    }
    assert len(others) > 10
    as_park(client, own)
    mine = [p["id"] for p in items if p.get("park") == own]
    pages = ["/", f"/parks/{own}", f"/entities/Park/{own}", f"/api/v1/parks/{own}", "/method"]
    pages += [f"{kind}/{p}" for p in mine for kind in ("/projects", "/entities/Project")]
    for path in pages:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert [name for name in others if name in answer.text] == [], path


SHOWN = (
    "/",
    "/chains/chain-jiadian?leader=demo-leader-jiadian",
    "/chains/chain-jiadian/gaps?leader=demo-leader-jiadian&task=seg-jiguangleida&reason=unknown",
    "/chains/chain-jiadian/candidates?leader=demo-leader-jiadian",
    "/chains/chain-jiadian/flows",
    "/chains/chain-jiadian/compare",
    "/chains/chain-jiadian/graph",
    "/chains/chain-jiadian/report",
    "/chains/chain-jiadian/schema",
    "/parks",
    "/parks/fit",
    "/parks/demo-park-binhai",
    "/projects/demo-p-bingya",
    "/outages/demo-leader-jiadian",
    "/entities/Enterprise/demo-leader-jiadian",
    "/entities/Project/demo-p-bingya",
    "/shortlist",
    "/pipeline",
    "/pipeline/demo-pursuit-01",
    "/pipeline/courted",
    "/tasks",
    "/standards",
    "/standards/default-land",
    "/consultations",
    "/consultations/sample-power",
    "/trend?fix=notice-signed",
    "/commitments",
    "/commitments/agreed",
    "/guide",
    "/method",
    "/entities/Enterprise/nowhere",
)


@pytest.mark.parametrize("role", sorted(Role))
def test_no_page_offers_what_its_reader_may_not_do(client: TestClient, role: str) -> None:
    pick = {"kind": "project", "candidate": "demo-p-bingya", "chain": "chain-jiadian"}
    pick |= {"leader": "demo-leader-jiadian", "region": "370211"}
    assert client.post("/shortlist", data=pick).status_code == 200
    assert client.post("/pipeline/demo").status_code == 200
    promised = Promise("年税收", "万元", 100.0, None, "")
    agreed = agree(Pledge("agreed", "demo-park-binhai", "项目", "企业"), [promised], "", DAY)
    pledges.act(records_at(client.app), "add", lambda _: {"agreed": agreed})  # type: ignore[arg-type]
    chosen = f"{role}:demo-park-binhai" if role == Role.PARK else role
    client.cookies.set("lianzhu-role", chosen)
    routes = list(flat(client.app.routes))  # type: ignore[attr-defined]
    shown = 0
    for path in SHOWN:
        answer = client.get(path, follow_redirects=False)
        if answer.status_code in (303, 403):
            continue
        shown += 1
        for method, offered in offers(answer.text):
            scope = {"type": "http", "method": method, "path": unquote(offered), "headers": []}
            route = route_of(routes, scope)
            assert route is not None, (path, method, offered)
            assert POLICY[route].allows(frozenset({Role(role)})), (path, route)
    assert shown >= {Role.AUDITOR: 1, Role.PARK: 5}.get(Role(role), 15)


def offers(html: str) -> Iterator[tuple[str, str]]:
    """Method and path of whatever a page leads to on this server."""
    for tag in re.findall(r"<form[^>]*>", html):
        method = "POST" if 'method="post"' in tag else "GET"
        yield method, path_of(re.findall(r'action="([^"]*)"', tag)[0])
    for link in re.findall(r'(?:href|src)="(/[^"]*)"', html):
        yield "GET", path_of(link)


def path_of(link: str) -> str:
    return re.split(r"[?#]", unescape(link))[0]


@pytest.mark.parametrize(("role", "sees"), [("officer", True), ("viewer", False), ("admin", False)])
def test_a_page_offers_only_what_its_reader_may_do(
    client: TestClient, role: str, sees: bool
) -> None:
    client.cookies.set("lianzhu-role", role)
    gaps = client.get("/chains/chain-jiadian/gaps?leader=demo-leader-jiadian").text
    assert ('action="/surveys"' in gaps) is sees
    assert (".xlsx" in gaps) is sees
    entity = client.get("/entities/Enterprise/demo-leader-jiadian").text
    assert ('action="/corrections"' in entity) is sees
    candidates = client.get("/chains/chain-jiadian/candidates?leader=demo-leader-jiadian").text
    assert ('action="/shortlist"' in candidates) is sees


def test_an_unknown_rule_is_open_to_nobody() -> None:
    assert not Rule(frozenset()).allows(EVERY_ROLE)
