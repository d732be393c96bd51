"""准不准入: one project of a meeting on one screen, judged, discussed, voted on and decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api.deps import AtDesk, AtRecords
from api.desk import Desk
from api.frames import chosen, lang_of, page_html
from api.routers.sessions import Fields, back_to, reader_of, refused
from api.sight import Eyes, eyes_of, seen
from api.verifying import day_of
from graph.errors import LianzhuError, NotAllowed, UsageError
from graph.review import steps
from graph.review.account import account
from graph.review.meeting import (
    Ballot,
    Card,
    Case,
    Condition,
    Decision,
    Meeting,
    Recusal,
    Reply,
)
from records import meetings
from records.database import Records
from viz import reviews as v
from viz.words import term, word

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

LONGEST = 4000  # characters of what somebody writes
Taken = Callable[[Meeting], Meeting]


@dataclass(frozen=True)
class _Asked:
    """A request about one project: who asks about what, and what the form says."""

    request: Request
    desk: Desk
    records: Records
    session: str
    case: str
    form: FormData

    @property
    def spoken_for(self) -> str:
        return self.text("as")

    def text(self, name: str) -> str:
        """What was written; `UsageError` for too much of it."""
        found = str(self.form.get(name, "")).strip()
        if len(found) > LONGEST:
            raise UsageError("bad_text", name=name, limit=LONGEST)
        return found

    def number(self, name: str) -> int:
        """A version, as the page wrote it."""
        return int(self.text(name)) if self.text(name).isdecimal() else -1

    def eyes(self) -> Eyes:
        return eyes_of(self.request, meetings.get(self.records, self.session), self.spoken_for)

    def member(self) -> str:
        """Who acts; `NotAllowed` for somebody who is not of the panel."""
        found = self.eyes().member
        if found is None:
            raise NotAllowed("not_allowed")
        return found.id


@router.get("/reviews/{session_id}/{case_id}")
def page(
    request: Request, desk: AtDesk, records: AtRecords, session_id: str, case_id: str
) -> Response:
    """准不准入?"""
    made = _page(_Asked(request, desk, records, session_id, case_id, FormData()))
    mark = meetings.digest(made.meeting), made.reader.member
    return page_html(request, desk, made, mark)


@router.post("/reviews/{session_id}/{case_id}/card")
def write(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """保存草稿."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    card = _card(asked)
    return _act(asked, "card", lambda m: steps.write_card(m, case_id, card), "#card", card)


@router.post("/reviews/{session_id}/{case_id}/submit")
def submit(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """提交: what the form says is kept and made final in one step."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    card = _card(asked)

    def step(meeting: Meeting) -> Meeting:
        written = steps.write_card(meeting, case_id, card)
        return steps.submit_card(written, case_id, card.member, card.version + 1)

    return _act(asked, "submit", step, "#card", card)


@router.post("/reviews/{session_id}/{case_id}/recuse")
def recuse(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """回避: a reviewer for themselves, who runs the meeting for anybody."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    eyes = asked.eyes()
    who = asked.text("member") if eyes.runs else asked.member()
    recusal = Recusal(who, asked.text("why"))
    return _act(asked, "recuse", lambda m: steps.recuse(m, case_id, recusal))


@router.post("/reviews/{session_id}/{case_id}/reply")
def reply(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """质询、答复."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    said = Reply(asked.member(), asked.text("to"), asked.text("text"), asked.text("stance"))
    return _act(asked, "reply", lambda m: steps.reply(m, case_id, said), "#replies")


@router.post("/reviews/{session_id}/{case_id}/vote")
def vote(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """表决."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    ballot = Ballot(asked.member(), asked.text("outcome"), asked.text("reason"))
    return _act(asked, "vote", lambda m: steps.vote(m, case_id, ballot), "#votes")


@router.post("/reviews/{session_id}/{case_id}/decide")
def decide(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> Response:
    """主持人作出决定."""
    asked = _Asked(request, desk, records, session_id, case_id, form)
    if not asked.eyes().chairs:
        raise NotAllowed("not_allowed")
    outcome = asked.text("outcome")
    try:
        terms = _conditions(asked) if outcome == "conditional" else ()
    except LianzhuError as error:
        return _refused(asked, error)
    park = asked.text("transfer_to") if outcome == "transferred" else ""
    decision = Decision(outcome, None, asked.member(), asked.text("reason"), park or None, terms)
    return _act(asked, "decide", lambda m: steps.decide(m, case_id, decision))


def _page(asked: _Asked, card: Card | None = None) -> v.ReviewPage:
    kept = meetings.get(asked.records, asked.session)
    eyes = eyes_of(asked.request, kept, asked.spoken_for)
    meeting, shown = seen(asked.request, kept, asked.spoken_for)
    case = meeting.case(asked.case)
    told = account(replace(meeting, cases=(case,)), shown)
    return v.ReviewPage(
        chosen(asked.request, asked.desk),
        meeting,
        case,
        told.projects[0],
        shown(case),
        asked.desk.names(),
        reader_of(eyes),
        {member.id: member.name for member in meeting.panel},
        card,
        dict(asked.form.items()) if card is None else {},  # type: ignore[arg-type]
    )


def _act(
    asked: _Asked, action: str, step: Taken, anchor: str = "", card: Card | None = None
) -> Response:
    """Take a step and go back to the page, or show it with what was wrong and what was written."""
    masked, _ = seen(asked.request, meetings.get(asked.records, asked.session), asked.spoken_for)
    masked.case(asked.case)
    who = asked.eyes().member
    detail = {"case": asked.case, "member": who.id if who else ""}
    try:
        meetings.act(asked.records, asked.session, action, step, **detail)
    except LianzhuError as error:
        return _refused(asked, error, card)
    path = f"/reviews/{asked.session}/{asked.case}"
    return back_to(asked.request, path, asked.spoken_for, anchor)


def _refused(asked: _Asked, error: LianzhuError, card: Card | None = None) -> Response:
    made = _page(asked, card)
    error.facts.update(_worded(lang_of(asked.request), made.case, error.facts))
    path = f"/reviews/{asked.session}/{asked.case}"
    return refused(asked.request, made, error, path, asked.spoken_for)


def _worded(lang: str, case: Case, facts: Mapping[str, object]) -> Mapping[str, object]:
    """Codes among the facts of an error by name."""
    names = {"stance": word(lang, "review.stance"), "track": word(lang, "precheck.track")}
    if case.basis is not None:
        standard = case.basis.standard
        names |= {indicator.id: indicator.name for indicator in standard.indicators}
        names |= {veto.id: veto.name for veto in standard.vetoes}
    found: dict[str, object] = {}
    missing, wanted, gate = (facts.get(k) for k in ("missing", "wanted", "gate"))
    if isinstance(missing, list):
        found["missing"] = word(lang, "text.comma").join(names.get(str(i), str(i)) for i in missing)
    if isinstance(wanted, str):
        found["wanted"] = term(lang, "outcome", wanted)
    if isinstance(gate, str):
        found["gate"] = names.get(gate, gate)
    return found


def _card(asked: _Asked) -> Card:
    """The form of a scorecard; what is not chosen is not judged."""
    points, vetoes = {}, {}
    for name in asked.form:
        kind, _, item = name.partition(".")
        given = asked.text(name)
        if kind == "points" and given:
            points[item] = int(given) if given.isdecimal() and len(given) < 3 else 0
        elif kind == "veto" and given:
            vetoes[item] = given == "pass"
    return Card(
        asked.member(),
        points,
        vetoes,
        asked.text("stance"),
        asked.text("opinion"),
        asked.text("red_line"),
        asked.text("acceptable"),
        asked.text("evidence"),
        asked.number("version"),
    )


def _conditions(asked: _Asked) -> tuple[Condition, ...]:
    """The rows that say anything; `UsageError` for one that is not whole."""
    found = []
    for at in range(v.CONDITIONS):
        given = [asked.text(f"c{at}.{k}") for k in v.TERMS]
        if any(given):
            indicator, value, unit, due, evidence = given
            found.append(Condition(indicator, _amount(value), unit, day_of(due), evidence))
    return tuple(found)


def _amount(given: str) -> float:
    try:
        value = float(given)
    except ValueError:
        raise UsageError("bad_number", value=given) from None
    if not isfinite(value):
        raise UsageError("bad_number", value=given)
    return value
