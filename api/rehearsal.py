"""The sample meeting (示例), played from the applications to the decisions; sample pursuits."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import uuid4

from api import reviewing
from api.desk import Desk
from graph.analysis.admission import application_in
from graph.analysis.bases import applicant_of
from graph.attraction import steps as courting
from graph.attraction.pursuit import Facts, Pursuit
from graph.errors import UsageError
from graph.review import steps
from graph.review.commitments import Actual, Pledge, Promise, agree, report
from graph.review.fields import FIELDS
from graph.review.filing import Content, Filing, hand_in
from graph.review.meeting import (
    Ballot,
    Basis,
    Card,
    Case,
    Condition,
    Decision,
    Meeting,
    Member,
    Reply,
)
from graph.review.panel import blocked, experts_asked, result
from graph.review.standard import Standard
from records import documents, filings, meetings, pledges
from records.database import Records
from records.pursuits import PURSUIT

__all__ = ["court", "play"]

_CLERK = "示例招商专员"
_Told = Mapping[str, Any]  # one table of the script


def play(
    records: Records, desk: Desk, standards: Sequence[Standard], day: date, *, until: str = ""
) -> Meeting:
    """Play the whole sample meeting; with `until`, stop in that state.

    Every number of an application that the script leaves out is that of the project in the graph.
    Raises `UsageError` where the zone that is open is not the sample's.
    """
    if not desk.sample:
        raise UsageError("sample_only")
    script = tomllib.loads((files("ingest.samples") / "meeting.toml").read_text("utf-8"))
    now = datetime.now(UTC)
    told = {uuid4().hex: row for row in script["filing"]}
    made = [_filing(desk, standards, id_, row) for id_, row in told.items()]
    meeting = _called(records, script, day)
    _agreed(records, script, day)
    filings.add(records, made)
    for filing in made:
        filings.act(records, filing.id, "submit", lambda f: hand_in(f, f.version, now, "示例园区"))
    panel = [_member(row) for row in script["member"]]
    id_ = meeting.id
    _act(records, id_, "panel", lambda m: steps.enrol(m, panel))
    _act(records, id_, "open", steps.open_window)
    reviewing.take_in(records, id_, only=told)
    reviewing.arrange(records, desk, id_)
    meeting = reviewing.begin(records, desk, standards, id_, day)
    if until == "scoring":
        return meeting
    for case in meeting.cases:
        for at, judge in enumerate(case.judges()):
            _judge(records, id_, case, judge, told[case.id], at)
    meeting = _act(records, id_, "seal", steps.seal)
    if until == "sealed":
        return meeting
    for case in meeting.cases:
        _decide(records, id_, case, told[case.id])
    reviewing.conclude(records, desk, id_)
    meeting = _act(records, id_, "publish", lambda m: steps.publish(m, day))
    for case in meeting.cases:
        _report(records, case.id, told[case.id].get("actuals", {}), day.year, day)
    return meeting


def court(records: Records, desk: Desk, day: date) -> None:
    """Begin the sample's pursuits, dated back from `day`; those that are there stay as they are.

    Where the sample meeting was played, its applications are linked.  Raises `UsageError` where the
    zone that is open is not the sample's.
    """
    if not desk.sample:
        raise UsageError("sample_only")
    script = tomllib.loads((files("ingest.samples") / "pipeline.toml").read_text("utf-8"))
    filed = {(f.project, f.park): f.id for f in filings.all_of(records) if f.project}
    made = [_pursued(desk, row, filed, day) for row in script["pursuit"]]
    step = lambda held: {p.id: p for p in made if p.id not in held}  # noqa: E731
    documents.change(records, PURSUIT, "add", step)


def _pursued(desk: Desk, row: _Told, filed: Mapping[tuple[str, str], str], day: date) -> Pursuit:
    """A pursuit of the script: `moves` = [days ago, stage, note], `next` and `first` likewise."""

    def ago(days: int) -> date:
        return day - timedelta(days=days)

    project, park = row.get("project", ""), row["park"]
    name, applicant, enterprise = row.get("name", ""), row.get("applicant", ""), ""
    investment = row.get("investment_wan")
    if project:
        known = application_in(desk.snapshot, project)
        enterprise = applicant_of(desk.snapshot, project)
        name, investment = known.name, known.numbers.get("investment_wan")
        applicant = applicant or desk.names()[enterprise]
    facts = Facts(
        name, applicant, row.get("uscc", ""), investment, row.get("introduced_by", ""),
        ago(row["first"]) if "first" in row else None, row.get("owner", ""),
        row.get("next_step", ""), ago(-row["next"]) if "next" in row else None,
    )  # fmt: skip
    (began, stage, note), *later = row["moves"]
    found = courting.begin(row["id"], park, facts, stage, ago(began), _CLERK, today=day, note=note)
    for days, stage, note in later:
        seen = found.version
        found = courting.move(found, stage, seen, ago(days), _CLERK, today=day, note=note)
    linked = replace(found, project=project, enterprise=enterprise)
    return replace(linked, filing=filed.get((project, park), ""))


def _act(records: Records, id: str, action: str, step: Any, **detail: str) -> Meeting:
    return meetings.act(records, id, action, step, **detail)


def _called(records: Records, script: _Told, day: date) -> Meeting:
    """The meeting of the script, under the next number of its year that is free."""
    taken = {m.ordinal for m in meetings.all_of(records) if m.year == script["year"]}
    ordinal = next(n for n in range(script["ordinal"], 10_000) if n not in taken)
    made = Meeting(
        uuid4().hex,
        script["year"],
        ordinal,
        script["title"],
        day,
        script["host"],
        place=script["place"],
        starts=script["starts"],
        announced=tuple(script["announced"]),
        expected=script["expected"],
    )
    meetings.add(records, made)
    return made


def _agreed(records: Records, script: _Told, day: date) -> None:
    """The agreements from before with what came of them, unless an earlier play left them."""
    there = {pledge.name for pledge in pledges.all_of(records)}
    for row in script["agreement"]:
        if row["name"] in there:
            continue
        due = day - timedelta(days=round(30.4 * row["months"]))
        on = day - timedelta(days=60)
        promises = [
            Promise(FIELDS[name].zh, FIELDS[name].unit, float(value), due, "既往协议(示例)")
            for name, value in row["promised"].items()
        ]
        begun = Pledge(uuid4().hex, row["park"], row["name"], row["applicant"])
        made = agree(begun, promises, "示例园区办", on)
        _keep(records, made)
        _report(records, made.id, row.get("actuals", {}), due.year, on)


def _keep(records: Records, made: Pledge) -> None:
    pledges.act(records, "add", lambda _: {made.id: made})


def _report(records: Records, id: str, actuals: _Told, year: int, on: date) -> None:
    for name, value in actuals.items():

        def step(pledge: Pledge, name: str = name, value: float = float(value)) -> Pledge:
            to = pledge.commitment(name)
            told = Actual(to, year, value, f"{year} 年{to.evidence}(示例)", "示例园区", on)
            return report(pledge, told, pledge.version)

        pledges.change(records, id, "report", step, year=year)


def _member(row: _Told) -> Member:
    given = {**row, "fields": tuple(row.get("fields", ()))}
    return Member(**given)


def _filing(desk: Desk, standards: Sequence[Standard], id_: str, row: _Told) -> Filing:
    """An application of the script; its vetoes are what the departments said beforehand."""
    project = row.get("project", "")
    numbers: dict[str, float] = {}
    name, applicant = row.get("name", ""), row.get("applicant", "")
    industry, own_site, enterprise = row.get("industry", ""), row.get("own_site"), ""
    if project:
        known = application_in(desk.snapshot, project)
        numbers, name, industry = dict(known.numbers), known.name, known.industry
        own_site = known.own_site
        enterprise = applicant_of(desk.snapshot, project)
        applicant = desk.names()[enterprise]
    numbers |= {key: float(value) for key, value in row["numbers"].items()}
    grounds = {veto.id for one in standards for veto in one.vetoes} - set(row.get("open", ()))
    vetoes = {ground: row.get("vetoes", {}).get(ground, True) for ground in sorted(grounds)}
    texts = {"introduced_by": row["introduced_by"]} if "introduced_by" in row else {}
    content = Content(name, applicant, industry, own_site, numbers, texts)
    return Filing(id_, row["park"], content, enterprise=enterprise, project=project, checked=vetoes)


def _judge(records: Records, id: str, case: Case, judge: str, row: _Told, at: int) -> None:
    assert case.basis is not None
    mark = row["marks"][at]
    stance = "support" if mark >= 4 else "conditional" if mark == 3 else "oppose"
    said = "" if stance == "support" else row.get("opinion", "技术或市场的依据不足,请补充材料")
    card = Card(judge, dict.fromkeys(experts_asked(case.basis.standard), mark), {}, stance, said)
    drafted = replace(card, version=0)
    _act(records, id, "card", lambda m: steps.write_card(m, case.id, drafted), case=case.id)
    _act(records, id, "submit", lambda m: steps.submit_card(m, case.id, judge, 1), case=case.id)


def _decide(records: Records, id: str, case: Case, row: _Told) -> None:
    """As the script says, else as the rules say; what is still open goes on conditions."""
    says = result(case, sealed=True)
    assert says is not None
    assert case.basis is not None
    outcome = row.get("outcome") or says.outcome or "conditional"
    reason = row.get("reason", "" if says.outcome else "一项材料待补,补齐前不供地、不入驻")
    if blocked(says, outcome):
        outcome = "deferred"
    judges = case.judges()
    opposed = [card.member for card in case.cards if card.stance == "oppose"][:1]
    for judge in judges:
        against = judge in opposed and outcome != "deferred"
        ballot = (
            Ballot(judge, "deferred", "建议补充材料后再审") if against else Ballot(judge, outcome)
        )
        _act(records, id, "vote", lambda m, b=ballot: steps.vote(m, case.id, b), case=case.id)
    if opposed:
        said = Reply(judges[0], opposed[0], "请说明反对的依据,以及补充什么材料可以接受", "")
        _act(records, id, "reply", lambda m: steps.reply(m, case.id, said), case=case.id)
    decision = Decision(
        outcome,
        None,
        "demo-chair",
        reason,
        says.transfer_to if outcome == "transferred" else None,
        _conditions(case.basis, says.needs.name if says.needs else "") if outcome == "conditional"
        else (),
    )  # fmt: skip
    _act(
        records, id, "decide", lambda m: steps.decide(m, case.id, decision),
        case=case.id, outcome=outcome,
    )  # fmt: skip


def _conditions(basis: Basis, open_item: str) -> tuple[Condition, ...]:
    """What the application itself promises, due a year after it begins to produce."""
    months = basis.given.numbers.get("build_months", 12.0)
    due = basis.day + timedelta(days=round(30.4 * (months + 12)))
    tax = basis.given.numbers.get("tax_wan")
    found = [] if tax is None else [Condition("年税收", tax, "万元", due, "完税证明")]
    if open_item:
        soon = basis.day + timedelta(days=60)
        found.append(Condition(f"“{open_item}”的证明材料", 1.0, "份", soon, "材料原件"))
    return tuple(found)
