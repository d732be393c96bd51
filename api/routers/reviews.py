"""准不准入: one project of a meeting on one screen, judged, discussed, voted on and decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from api import reviewing
from api.deps import AtDesk, AtRecords, identity_of
from api.desk import Desk
from api.frames import chosen, lang_of, page_html
from api.kept import today_of
from api.routers.sessions import Fields, back_to, reader_of, refused
from api.sight import Eyes, eyes_of, seen
from api.verifying import day_of, number_of, version_of
from graph.errors import LianzhuError, NotAllowed, UsageError
from graph.review import steps
from graph.review.account import account
from graph.review.meeting import (
    Appeal,
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
        return version_of(self.text(name), -1)

    def eyes(self) -> Eyes:
        return eyes_of(self.request, meetings.get(self.records, self.session), self.spoken_for)

    def member(self) -> str:
        """Who acts; `NotAllowed` for somebody who is not of the panel."""
        found = self.eyes().member
        if found is None:
            raise NotAllowed("not_allowed")
        return found.id

    def chair(self) -> str:
        """Who decides; `NotAllowed` for anybody else."""
        if not self.eyes().chairs:
            raise NotAllowed("not_allowed")
        return self.member()

    @property
    def today(self) -> date:
        return today_of(self.request.app.state)


def _asked_of(
    request: Request,
    desk: AtDesk,
    records: AtRecords,
    session_id: str,
    case_id: str,
    form: Fields,
) -> _Asked:
    return _Asked(request, desk, records, session_id, case_id, form)


Asked = Annotated[_Asked, Depends(_asked_of)]


@router.get("/reviews/{session_id}/{case_id}")
def page(asked: Asked) -> Response:
    """准不准入?"""
    made = _page(asked)
    mark = meetings.digest(made.meeting), made.reader.member
    return page_html(asked.request, asked.desk, made, mark)


@router.post("/reviews/{session_id}/{case_id}/card")
def write(asked: Asked) -> Response:
    """保存草稿."""
    card = _card(asked)
    return _act(asked, "card", lambda m: steps.write_card(m, asked.case, card), "#card", card)


@router.post("/reviews/{session_id}/{case_id}/submit")
def submit(asked: Asked) -> Response:
    """提交: what the form says is kept and made final in one step."""
    card = _card(asked)

    def step(meeting: Meeting) -> Meeting:
        written = steps.write_card(meeting, asked.case, card)
        return steps.submit_card(written, asked.case, card.member, card.version + 1)

    return _act(asked, "submit", step, "#card", card)


@router.post("/reviews/{session_id}/{case_id}/recuse")
def recuse(asked: Asked) -> Response:
    """回避: a reviewer for themselves, who runs the meeting for anybody."""
    who = asked.text("member") if asked.eyes().runs else asked.member()
    recusal = Recusal(who, asked.text("why"))
    return _act(
        asked, "recuse", lambda m: steps.recuse(m, asked.case, recusal), recused=recusal.member
    )


@router.post("/reviews/{session_id}/{case_id}/reply")
def reply(asked: Asked) -> Response:
    """质询、答复."""
    said = Reply(asked.member(), asked.text("to"), asked.text("text"), asked.text("stance"))
    return _act(asked, "reply", lambda m: steps.reply(m, asked.case, said), "#replies")


@router.post("/reviews/{session_id}/{case_id}/vote")
def vote(asked: Asked) -> Response:
    """表决."""
    ballot = Ballot(asked.member(), asked.text("outcome"), asked.text("reason"))
    return _act(asked, "vote", lambda m: steps.vote(m, asked.case, ballot), "#votes")


@router.post("/reviews/{session_id}/{case_id}/decide")
def decide(asked: Asked) -> Response:
    """主持人作出决定."""
    chair, outcome = asked.chair(), asked.text("outcome")
    try:
        terms = _conditions(asked)
    except LianzhuError as error:
        return _refused(asked, error)
    park = asked.text("transfer_to") if outcome == "transferred" else ""
    decision = Decision(outcome, None, chair, asked.text("reason"), park or None, terms)
    return _act(asked, "decide", lambda m: steps.decide(m, asked.case, decision))


@router.post("/reviews/{session_id}/{case_id}/appeal")
def appeal(asked: Asked) -> Response:
    """申诉: a park for its own project, the secretary for any park."""
    who, eyes = identity_of(asked.request), asked.eyes()
    if eyes.park is None and not eyes.runs:
        raise NotAllowed("not_allowed")
    made = Appeal(
        0, asked.today, who.name, asked.text("reason"), asked.text("evidence"), eyes.park is None
    )
    return _act(asked, "appeal", lambda m: steps.appeal(m, asked.case, made), "#appeals")


@router.post("/reviews/{session_id}/{case_id}/answer")
def answer(asked: Asked) -> Response:
    """主持人受理或驳回申诉."""
    chair, said, why = asked.chair(), asked.text("answer"), asked.text("why")

    def step(meeting: Meeting) -> Meeting:
        return steps.answer_appeal(meeting, asked.case, said, why, member=chair, day=asked.today)

    return _act(asked, "answer", step, "#appeals")


def _page(asked: _Asked, card: Card | None = None) -> v.ReviewPage:
    kept = meetings.get(asked.records, asked.session)
    eyes = eyes_of(asked.request, kept, asked.spoken_for)
    meeting, shown = seen(asked.request, kept, asked.spoken_for)
    case = meeting.case(asked.case)
    told = account(replace(meeting, cases=(case,)), shown)
    made = reviewing.batches_for(asked.desk, meeting, shown)
    whole = account(meeting, shown, made.best, made.effect) if made else told
    return v.ReviewPage(
        chosen(asked.request, asked.desk),
        meeting,
        case,
        told.projects[0],
        shown(case),
        asked.desk.names(),
        reader_of(eyes),
        {member.id: member.name for member in meeting.panel},
        asked.today,
        card,
        dict(asked.form.items()) if card is None else {},  # type: ignore[arg-type]
        whole.gain(told.projects[0]),
        whole.effect.recommended if whole.effect else "",
    )


def _act(
    asked: _Asked,
    action: str,
    step: Taken,
    anchor: str = "",
    card: Card | None = None,
    **about: str,
) -> Response:
    """Take a step and go back to the page, or show it with what was wrong and what was written.

    The audit says `about` it.
    """
    masked, _ = seen(asked.request, meetings.get(asked.records, asked.session), asked.spoken_for)
    masked.case(asked.case)
    who = asked.eyes().member
    detail = {"case": asked.case, "member": who.id if who else "", **about}
    try:
        meetings.act(asked.records, asked.session, action, step, **detail)
    except LianzhuError as error:
        return _refused(asked, error, card)
    path = f"/reviews/{asked.session}/{asked.case}"
    return back_to(asked.request, path, asked.spoken_for, anchor)


def _refused(asked: _Asked, error: LianzhuError, card: Card | None = None) -> Response:
    made = _page(asked, card)
    error.facts.update(_worded(lang_of(asked.request), made.case, made.names, error.facts))
    path = f"/reviews/{asked.session}/{asked.case}"
    return refused(asked.request, made, error, path, asked.spoken_for)


def _worded(
    lang: str, case: Case, parks: Mapping[str, str], facts: Mapping[str, object]
) -> Mapping[str, object]:
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
    if isinstance(park := facts.get("park"), str):
        found["park"] = parks.get(park, park)
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
            amount, most = number_of(value, unit), asked.text(f"c{at}.at_most") == "1"
            found.append(Condition(indicator, amount, unit, day_of(due), evidence, most))
    return tuple(found)
