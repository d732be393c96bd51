"""What routes share: the desk, the question in the URL, conditional answers."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import Response

from api.desk import Desk
from api.kept import mark_settled, today_of
from api.security.identity import Identity
from api.settings import Settings
from graph.analysis.answers import as_json
from graph.question import ALGORITHM, Question
from records.database import Records
from viz.words import language

__all__ = [
    "Asking",
    "AtDesk",
    "AtRecords",
    "Lang",
    "answered",
    "etag",
    "identity_of",
    "records_at",
    "records_of",
    "settings_of",
    "single_user",
    "with_accounts",
]

LONGEST = 200

# What is `async` here computes next to nothing: on the loop it needs no thread.


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk.pinned(identity_of(request).only_park)


def identity_of(request: Request) -> Identity:
    """Who asks, as the gate found."""
    identity: Identity = request.state.identity
    return identity


def settings_of(request: Request) -> Settings:
    """The settings in force."""
    settings: Settings = request.app.state.settings
    return settings


async def single_user(request: Request) -> None:
    """A dependency of what there is only where nobody signs in."""
    if settings_of(request).accounts == "on":
        raise HTTPException(404)


async def with_accounts(request: Request) -> None:
    """A dependency of what there is only where people sign in."""
    if settings_of(request).accounts == "off":
        raise HTTPException(404)


async def _lang(request: Request) -> str:
    return language(request.query_params.get("lang") or settings_of(request).lang)


async def _question(
    leader: Annotated[str, Query(max_length=LONGEST, examples=["中芯国际"])] = "",
    chain: Annotated[str, Query(max_length=LONGEST)] = "",
    region: Annotated[str, Query(max_length=LONGEST, examples=["310000"])] = "",
    as_of: Annotated[str, Query(max_length=10, examples=["2024-12-31"])] = "",
    world: Annotated[str, Query(max_length=10)] = "",
    proximity: Annotated[str, Query(max_length=10)] = "",
    direction: Annotated[str, Query(max_length=10)] = "",
    scheme: Annotated[str, Query(max_length=50)] = "",
) -> Question:
    return Question.checked(
        leader=leader,
        chain=chain,
        region=region,
        as_of=as_of,
        world=world,
        proximity=proximity,
        direction=direction,
        scheme=scheme,
    )


def records_of(request: Request) -> Records:
    """The records of the zone that is open: the sample's are not the user's own."""
    return records_at(request.app).acting(identity_of(request).actor)


def records_at(app: FastAPI, *, sample: bool | None = None) -> Records:
    """The records of the zone that is open, else the sample's or one's own, as said."""
    state = app.state
    sample = state.desk.sample if sample is None else sample
    url = state.settings.sample_records_url if sample else state.settings.records_url
    if url not in state.records:
        state.records[url] = state.settings.open_records(sample=sample)
    found: Records = state.records[url]
    return found


AtRecords = Annotated[Records, Depends(records_of)]
AtDesk = Annotated[Desk, Depends(_desk)]
Lang = Annotated[str, Depends(_lang)]
Asking = Annotated[Question, Depends(_question)]


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file to take along, under its name, that nobody keeps on the way."""
    told = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=media_type, headers={**told, "Cache-Control": "no-store"})


def etag(request: Request, revision: int, mark: object = None) -> str:
    """A strong tag: what is the same in desk, revision, day, eyes, URL and mark has the same bytes.

    `mark` is what else than the graph and the day the answer depends on; without one it is settled.
    """
    if mark is None:
        mark_settled(request.state, revision)
    token = request.app.state.desk.token
    day = today_of(request.app.state)
    who = identity_of(request)
    eyes = (who.id, who.name, sorted(who.roles), who.park, who.department)
    address = f"{request.url.path}?{request.url.query}"
    text = f"{token}|{revision}|{ALGORITHM}|{day}|{eyes}|{address}|{mark!r}"
    return '"' + hashlib.sha256(text.encode()).hexdigest()[:32] + '"'


def answered(request: Request, revision: int, value: object, mark: object = None) -> Response:
    """The answer as JSON with its ETag, or 304 where the client already holds it.

    `revision` is that of the graph before it was read: an answer may be newer than its tag says,
    never older.
    """
    tag = etag(request, revision, mark)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(_bytes(as_json(value)), headers=headers, media_type="application/json")


def _bytes(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
