"""The documents of a review meeting as stories: 评审意见书 of a project, 会议纪要 of it all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.review.account import Judged, MeetingAnswer
from graph.review.batch import Batch
from graph.review.meeting import Decision
from viz import review_words as say
from viz.report_parts import Section, listed
from viz.review_effect import effect_sections, gain_sections
from viz.review_story import MeetingStory, meeting_day, meeting_story, with_table
from viz.review_tables import (
    batch_table,
    detail,
    gates_table,
    heads_table,
    items_table,
    record_table,
)
from viz.review_voices import ballots_table, cards_table, conditions_table
from viz.review_words import Provenance
from viz.table import Cell, Table
from viz.words import term, word

__all__ = ["minutes_story", "opinion_story", "summary"]

_Names = Mapping[str, str]


def opinion_story(
    answer: MeetingAnswer, project: Judged, names: _Names, lang: str, given: Provenance
) -> MeetingStory:
    """评审意见书: what was decided on one project, and everything that led to it."""
    one = [project]
    outcome = say.outcome_text(lang, project, names)
    ballots = ballots_table(answer, one, names, lang, whose=False)
    record = [record_table(project, lang)] if project.discounted else []
    sections = [
        Section("about", word(lang, "reviewdoc.about"), table=_about(answer, project, names, lang)),
        Section("result", word(lang, "reviewdoc.result"), _result(project, names, lang)),
        with_table(lang, "gates", gates_table(one, names, lang, whose=False)),
        with_table(lang, "heads", heads_table(project, lang), _points(project, lang)),
        with_table(lang, "items", _narrow(items_table(answer, one, names, lang, whose=False))),
        *gain_sections(answer, project, names, lang),
        *(with_table(lang, t.id, t, [say.record_text(lang, project)]) for t in record),
        with_table(lang, "cards", cards_table(answer, one, names, lang, whose=False)),
        with_table(lang, "ballots", ballots, _votes(project, lang)),
        Section(
            "dissent", word(lang, "reviewdoc.dissent"),
            [] if project.dissent else [word(lang, "reviewdoc.none")],
            bullets=_dissent(answer, project, lang),
        ),
        with_table(lang, "conditions", conditions_table(one, names, lang, whose=False)),
        *_appeals(answer, one, lang),
    ]  # fmt: skip
    session = say.session_text(lang, answer)
    told = (
        word(lang, "reviewdoc.opinion"),
        word(lang, "reviewdoc.opinion_of", session=session, project=project.name),
        word(lang, "reviewdoc.concluded", outcome=outcome),
    )
    return meeting_story(answer, lang, given, told, sections)


def minutes_story(
    answer: MeetingAnswer,
    names: _Names,
    lang: str,
    given: Provenance,
    chosen: Batch | None = None,
) -> MeetingStory:
    """会议纪要: who met, what was on the agenda, and each decision with votes and dissent."""
    parks = [
        Section(
            f"park-{park}", names.get(park, park),
            bullets=[_decided(answer, p, names, lang) for p in answer.projects if p.park == park],
        )
        for park in answer.parks
    ]  # fmt: skip
    sections = [
        Section("about", word(lang, "reviewdoc.meeting"), table=_met(answer, lang)),
        Section("agenda", word(lang, "reviewdoc.agenda"), _agenda(answer, lang)),
        *parks,
        *_batches(answer, chosen, names, lang),
        *effect_sections(answer, names, lang),
        *_appeals(answer, answer.projects, lang),
        *_reopened(answer, names, lang),
    ]
    title = word(lang, "reviewdoc.minutes_of", title=answer.title)
    told = (title, say.session_text(lang, answer), summary(answer, lang))
    return meeting_story(answer, lang, given, told, sections)


def _narrow(table: Table) -> Table:
    """Indicators without the ends of their points, which the workbook has: paper is narrow."""
    kept = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]
    rows = [[row[at] for at in kept] for row in table.rows]
    return replace(table, columns=[table.columns[at] for at in kept], rows=rows)


def _pairs(lang: str, id: str, pairs: Sequence[tuple[str, str]]) -> Table:
    return detail(lang, id, ("what", "content"), [[Cell(a), Cell(b)] for a, b in pairs])


def _about(answer: MeetingAnswer, project: Judged, names: _Names, lang: str) -> Table:
    none, people = word(lang, "text.no_data"), say.people(answer)
    recused = [
        word(lang, "reviewdoc.because", what=people.get(r.member, r.member),
             why=say.recusal_text(lang, r, names))
        for r in project.recused
    ]  # fmt: skip
    pairs = [
        ("project", project.name),
        ("applicant", project.applicant or none),
        ("park", names.get(project.park, project.park)),
        ("track", term(lang, "route", project.track) if project.track else none),
        ("standard", project.standard or none),
        ("day", meeting_day(lang, answer)),
        ("judges", listed(lang, [people.get(m, m) for m in project.judges]) or none),
        ("recused", listed(lang, recused) or word(lang, "reviewdoc.none")),
    ]
    told = [(word(lang, f"reviewdoc_head.{head}"), text) for head, text in pairs]
    return _pairs(lang, "about", told)


def _result(project: Judged, names: _Names, lang: str) -> Sequence[str]:
    lines = [
        word(lang, "reviewdoc.decided", outcome=say.outcome_text(lang, project, names)),
        word(lang, "reviewdoc.by_rules", outcome=say.rule_text(lang, project, names)),
        *_points(project, lang),
    ]
    if project.reason:
        lines.append(word(lang, "reviewdoc.reason", reason=project.reason))
    if priority := say.priority_text(lang, project, names):
        lines.append(priority)
    return [*lines, *(_earlier(lang, one, names) for one in project.earlier)]


def _points(project: Judged, lang: str) -> Sequence[str]:
    points = say.points_text(lang, project.score, project.interval)
    return [word(lang, "reviewdoc.score", points=points)]


def _earlier(lang: str, decision: Decision, names: _Names) -> str:
    outcome = term(lang, "outcome", decision.outcome)
    if decision.outcome == "transferred" and decision.transfer_to:
        park = names.get(decision.transfer_to, decision.transfer_to)
        outcome = word(lang, "reviewdoc.into", outcome=outcome, park=park)
    return word(lang, "reviewdoc.earlier", outcome=outcome)


def _votes(project: Judged, lang: str) -> Sequence[str]:
    majority = project.majority
    return [
        word(
            lang,
            "reviewdoc.voted",
            votes=say.votes_text(lang, project.ballots),
            need=project.quorum,
            majority=term(lang, "outcome", majority)
            if majority
            else word(lang, "reviewdoc.no_majority"),
        )
    ]


def _dissent(answer: MeetingAnswer, project: Judged, lang: str) -> list[str]:
    people = say.people(answer)
    return [say.dissent_text(lang, ballot, people) for ballot in project.dissent]


def _decided(answer: MeetingAnswer, project: Judged, names: _Names, lang: str) -> str:
    """One project in the minutes, in one paragraph."""
    told = [
        word(
            lang, "reviewdoc.item", project=project.name,
            applicant=project.applicant or word(lang, "text.no_data"),
            outcome=say.outcome_text(lang, project, names),
        ),
        word(lang, "reviewdoc.by_rules", outcome=say.rule_text(lang, project, names)),
        *_points(project, lang),
        *_votes(project, lang),
    ]  # fmt: skip
    if project.reason:
        told.append(word(lang, "reviewdoc.reason", reason=project.reason))
    if priority := say.priority_text(lang, project, names):
        told.append(priority)
    if project.conditions:
        terms = [say.condition_text(lang, c) for c in project.conditions]
        told.append(word(lang, "reviewdoc.terms", terms=listed(lang, terms)))
    if project.dissent:
        against = listed(lang, _dissent(answer, project, lang))
        told.append(word(lang, "reviewdoc.against", dissent=against))
    told += [_earlier(lang, one, names) for one in project.earlier]
    return word(lang, "reviewdoc.space").join(told)


def _met(answer: MeetingAnswer, lang: str) -> Table:
    def seated(*seats: str) -> str:
        found = [s for s in answer.panel if s.seat in seats]
        told = [
            word(lang, "text.of", what=s.name, of=s.department) if s.department else s.name
            for s in found
        ]
        return listed(lang, told) or word(lang, "text.no_data")

    pairs = [
        ("day", meeting_day(lang, answer)),
        ("host", answer.host or word(lang, "text.no_data")),
        ("place", answer.place or word(lang, "text.no_data")),
        ("chair", seated("chair")),
        ("experts", seated("expert")),
        ("departments", seated("department")),
        ("secretary", seated("secretary")),
    ]
    told = [(word(lang, f"reviewdoc_head.{head}"), text) for head, text in pairs]
    return _pairs(lang, "met", told)


def _agenda(answer: MeetingAnswer, lang: str) -> Sequence[str]:
    parks, projects = (say.count_text(lang, n) for n in answer.counted)
    lines = [word(lang, "reviewdoc.on_agenda", parks=parks, projects=projects)]
    if answer.announced is not None and tuple(answer.announced) != tuple(answer.counted):
        parks, projects = (say.count_text(lang, n) for n in answer.announced)
        lines.append(word(lang, "reviewdoc.announced", parks=parks, projects=projects))
    return lines


def summary(answer: MeetingAnswer, lang: str) -> str:
    """How many projects were decided which way."""
    outcomes = ("approved", "conditional", "deferred", "transferred", "rejected", "special")
    counts = {o: sum(p.outcome == o for p in answer.projects) for o in outcomes}
    told = [
        word(lang, "reviewdoc.count", outcome=term(lang, "outcome", o), n=say.count_text(lang, n))
        for o, n in counts.items()
        if n
    ]
    if undecided := sum(p.outcome is None for p in answer.projects):
        n = say.count_text(lang, undecided)
        told.append(word(lang, "reviewdoc.count", outcome=word(lang, "reviewdoc.undecided"), n=n))
    parks, projects = (say.count_text(lang, n) for n in answer.counted)
    return word(
        lang, "reviewdoc.summary", parks=parks, projects=projects, outcomes=listed(lang, told)
    )


def _batches(
    answer: MeetingAnswer, chosen: Batch | None, names: _Names, lang: str
) -> Sequence[Section]:
    if answer.batch is None and chosen is None:
        return ()
    table = batch_table(answer, chosen, names, lang)
    return [Section("batch", table.caption, [word(lang, "reviewdoc.batch_lead")], table)]


def _appeals(answer: MeetingAnswer, projects: Sequence[Judged], lang: str) -> Sequence[Section]:
    """What parks said against decisions, and what they were answered; none = no section."""
    people = say.people(answer)
    told = [
        word(lang, "reviewdoc.line", what=p.name, text=say.appeal_text(lang, one, people))
        for p in projects
        for one in p.appeals
    ]
    return [Section("appeals", word(lang, "reviewdoc.appeals"), bullets=told)] if told else ()


def _reopened(answer: MeetingAnswer, names: _Names, lang: str) -> Sequence[Section]:
    """Each time as "first + second: why"."""
    if not answer.reopened:
        return ()
    known = {**say.people(answer)}
    told = []
    for one in answer.reopened:
        who, colon, why = one.partition(": ")
        people = [known.get(id, names.get(id, id)) for id in who.split(" + ")]
        told.append(" + ".join(people) + colon + why)
    return [Section("reopened", word(lang, "reviewdoc.reopened"), bullets=told)]
