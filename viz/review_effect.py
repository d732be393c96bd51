"""Before and after a meeting in words and tables, for page, minutes, opinion and workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graph.review.account import Judged, MeetingAnswer
from graph.review.batch import RESOURCES
from graph.review.effect import (
    Conclusion,
    Effect,
    Focus,
    Left,
    ParkEffect,
    ParkState,
    ProjectGain,
    Served,
    Standing,
    Turn,
)
from viz.report_parts import Section
from viz.review_words import number_text
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "EffectView",
    "all_gains_table",
    "chains_table",
    "effect_lines",
    "effect_sections",
    "effect_view",
    "gain_sections",
    "gains_lead",
    "gains_table",
    "leaders_table",
    "parks_table",
    "with_projects",
]

_Names = Mapping[str, str]
_Kind = Literal["text", "number", "share"]
_KINDS: Mapping[str, _Kind] = {
    "today": "number", "panel": "number", "best": "number", "alone": "share", "beside": "share",
}  # fmt: skip
_SEGMENTS = 4  # named beside the number of segments that change alike


@dataclass(frozen=True)
class EffectView:
    """What the page of a meeting shows of it: `answer` first, `tables` after `lines`."""

    answer: str
    lines: Sequence[str]
    tables: Sequence[Table]
    lead: str  # before the table of gains
    gains: Table
    basis: str


def effect_view(answer: MeetingAnswer, names: _Names, lang: str) -> EffectView | None:
    """Of a meeting; None where its reader may not see it yet."""
    effect = answer.effect
    if effect is None:
        return None
    known = with_projects(answer, names)
    first, *lines, basis = effect_lines(effect, known, lang)
    moved = leaders_table(effect, known, lang, moved=True)
    if rest := len(effect.leaders) - len(moved.rows):
        lines.append(word(lang, "effect.rest", n=rest))
    tables = (chains_table(effect, known, lang), parks_table(effect, known, lang), moved)
    gains = all_gains_table(answer, known, lang, most=True)
    return EffectView(first, lines, tables, gains_lead(effect.recommended, lang), gains, basis)


def with_projects(answer: MeetingAnswer, names: _Names) -> _Names:
    """The names of the graph, and of the meeting's projects."""
    return {**names, **{p.project or p.id: p.name for p in answer.projects}}


def effect_lines(effect: Effect, names: _Names, lang: str) -> Sequence[str]:
    """The answer in one sentence, then what it rests on and what is not in it."""
    told = effect.conclusion
    turned = [
        word(lang, "effect.turn", before=term(lang, "type", a), after=term(lang, "type", b), n=n)
        for a, b, n in told.turned
    ]
    moves = [
        word(lang, "effect.move", what=term(lang, "effect_move", what), n=n)
        for what, n in sorted(told.moves.items())
    ]
    lines = [
        _answer(effect, told, names, lang),
        word(lang, "effect.leaders", falls=told.leaders[0], rises=told.leaders[1],
             closed=told.closed, opened=told.opened),
        word(lang, "effect.turned", turned=_list(lang, turned)) if turned
        else word(lang, "effect.no_turns"),
        word(lang, "effect.moves", moves=_list(lang, moves)),
    ]  # fmt: skip
    if 0 < effect.decided[0] < effect.decided[1]:
        lines.append(word(lang, "effect.partial", n=effect.decided[0], of=effect.decided[1]))
    if unknown := sorted({s for one in effect.leaders for s in one.unknown}):
        lines.append(word(lang, "effect.unknown", segments=_named(lang, unknown, names)))
    if effect.unplaced:
        lines.append(word(lang, "effect.unplaced", names=_named(lang, effect.unplaced, names)))
    return [*lines, word(lang, "effect.how", revision=effect.revision)]


def chains_table(effect: Effect, names: _Names, lang: str) -> Table:
    """All leaders together, then a row a chain."""
    total = _served(effect, Served("", effect.total, (), (), ()), names, lang)
    total[0] = Cell(word(lang, "effect.total"))
    rows = [total, *(_served(effect, one, names, lang) for one in effect.chains)]
    return Table("effect-chains", word(lang, "effect.chains"), _served_heads(effect, lang), rows)


def leaders_table(effect: Effect, names: _Names, lang: str, *, moved: bool = False) -> Table:
    """A row a leader; with `moved` only those that change."""
    every = [one for one in effect.leaders if not moved or _moves(one.severity)]
    caption = word(lang, "effect.leaders_table" if moved else "effect.leaders_all")
    rows = [_served(effect, one, names, lang) for one in every]
    return Table("effect-leaders", caption, _served_heads(effect, lang), rows)


def parks_table(effect: Effect, names: _Names, lang: str) -> Table:
    """The zone, then a row a park: each cell from state to state."""
    caption = word(lang, "effect.parks_open" if effect.zone.panel is None else "effect.parks")
    columns = _columns(lang, ("park", "focus", "tenants", *RESOURCES))
    rows = [_park(one, names, lang) for one in (effect.zone, *effect.parks)]
    return Table("effect-parks", caption, columns, rows)


def gains_table(gain: ProjectGain, names: _Names, lang: str) -> Table:
    """A row a leader that a project serves, or one that says why there is none."""
    heads = _columns(lang, ("leader", "path", "alone", "beside"))
    return Table("effect-gains", word(lang, "effect.gains"), heads, _gains(gain, names, lang))


def all_gains_table(
    answer: MeetingAnswer, names: _Names, lang: str, *, most: bool = False
) -> Table:
    """The same of every project; with `most` of the leader it serves most, a row a project."""
    heads, rows = ("project", "recommended", "leader", "path", "alone", "beside"), []
    for project in answer.projects:
        gain = answer.gain(project)
        if gain is not None:
            yes = word(lang, "text.yes" if gain.recommended else "text.no")
            told = _gains(gain, names, lang)[: 1 if most else None]
            rows += [[Cell(project.name), Cell(yes), *row] for row in told]
    return Table("effect-gains", word(lang, "effect.gains"), _columns(lang, heads), rows)


def gains_lead(recommended: str, lang: str) -> str:
    """What the two gains are, and beside whom: panel or best."""
    chosen = term(lang, "effect_chosen", recommended)
    return word(lang, "effect.gain_lead", recommended=chosen)


def effect_sections(answer: MeetingAnswer, names: _Names, lang: str) -> Sequence[Section]:
    """Of the minutes: the answer, the chains, the parks, what each project adds."""
    if (effect := answer.effect) is None:
        return ()
    known = with_projects(answer, names)
    gains = all_gains_table(answer, known, lang, most=True)
    chains, parks = chains_table(effect, known, lang), parks_table(effect, known, lang)
    lead = [gains_lead(effect.recommended, lang)]
    return [
        Section("effect", word(lang, "effect.title"), effect_lines(effect, known, lang), chains),
        Section("parks", parks.caption, table=parks),
        Section("gains", gains.caption, lead, gains),
    ]


def gain_sections(
    answer: MeetingAnswer, project: Judged, names: _Names, lang: str
) -> Sequence[Section]:
    """Of an opinion: what the project adds for each leader, alone and beside the others."""
    gain = answer.gain(project)
    if gain is None or answer.effect is None:
        return ()
    table = gains_table(gain, names, lang)
    return [Section("gains", table.caption, [gains_lead(answer.effect.recommended, lang)], table)]


def _answer(effect: Effect, told: Conclusion, names: _Names, lang: str) -> str:
    after = _after(effect.total, told.state)
    then = effect.zone.panel if told.state == "panel" else effect.zone.best
    assert then is not None
    return word(
        lang,
        "effect.answer",
        state=term(lang, "effect_state", told.state),
        chain=term(lang, "effect_chain", told.chain),
        before=f"{effect.total.today:.2f}",
        after=f"{after:.2f}",
        change=_change(lang, effect.total.today, after),
        parks=term(lang, "effect_parks", told.parks),
        first=_share(effect.zone.today.focus, effect.zone.today, names, lang),
        then=_share(then.focus, then, names, lang),
    )


def _after(standing: Standing, state: str) -> float:
    return standing.best if state == "best" or standing.panel is None else standing.panel


def _moves(standing: Standing) -> bool:
    return any(x is not None and x != standing.today for x in (standing.panel, standing.best))


def _change(lang: str, before: float, after: float) -> str:
    """By how much, in words: no colour and no sign is needed to read it."""
    if round(before, 6) == round(after, 6):
        return word(lang, "effect.same")
    by = f"{abs(after - before):.2f}"
    if by == "0.00":
        return word(lang, "effect.little_down" if after < before else "effect.little_up")
    if before > 0:
        by = word(lang, "effect.percent", by=by, share=f"{100 * abs(after / before - 1):.1f}")
    return word(lang, "effect.down" if after < before else "effect.up", by=by)


def _served_heads(effect: Effect, lang: str) -> Sequence[Column]:
    panel = () if effect.total.panel is None else ("panel", "panel_change")
    return _columns(lang, ("name", "today", *panel, "best", "best_change", "turns"))


def _served(effect: Effect, one: Served, names: _Names, lang: str) -> list[Cell]:
    at, cells = one.severity, [Cell(names.get(one.id, one.id)), Cell(one.severity.today)]
    after = [at.best] if at.panel is None else [at.panel, at.best]
    for then in after:
        cells += [Cell(then), Cell(_change(lang, at.today, then))]
    turns = one.panel if effect.conclusion.state == "panel" else one.best
    return [*cells, Cell(_turns(turns, names, lang))]


def _turns(turns: Sequence[Turn], names: _Names, lang: str) -> str:
    """How many gaps change how, each segment named once: 单点→覆盖 2（减速器、轴承）."""
    told = [
        word(
            lang, "effect.turn_of", before=term(lang, "type", turn.before),
            after=term(lang, "type", turn.after), n=turn.n,
            segments=_named(lang, turn.segments, names, _SEGMENTS),
        )
        for turn in turns
    ]  # fmt: skip
    return _list(lang, told)


def _park(one: ParkEffect, names: _Names, lang: str) -> list[Cell]:
    states = [state for state in (one.today, one.panel, one.best) if state is not None]
    name = names.get(one.park, one.park) if one.park else word(lang, "effect.zone")

    def across(cells: Sequence[str]) -> Cell:
        return Cell(word(lang, "effect.arrow").join(cells))

    return [
        Cell(name, note=_named(lang, one.leading, names)),
        across([_share(state.focus, state, names, lang) for state in states]),
        across([str(state.focus.tenants) for state in states]),
        *(Cell(_left([s.left[what] for s in states], names, lang)) for what in RESOURCES),
    ]


def _share(focus: Focus, state: ParkState, names: _Names, lang: str) -> str:
    """The share of those known, or between what it lies and whose numbers would settle it."""
    if focus.share is None and focus.interval is not None:
        low, high = (f"{100 * end:.1f}%" for end in focus.interval)
        missing = [id for id in focus.missing if id in state.lands]
        named = _named(lang, missing, names, _SEGMENTS)
        return word(lang, "effect.open_share", low=low, high=high, missing=named)
    none = word(lang, "text.no_data")
    share = none if focus.share is None else f"{100 * focus.share:.1f}%"
    if focus.known == focus.tenants:
        return share
    return word(lang, "effect.of_known", share=share, known=focus.known, tenants=focus.tenants)


def _left(states: Sequence[Left], names: _Names, lang: str) -> str:
    """What is left from state to state, and once whose amounts are not in it."""
    shown = [
        word(lang, "text.no_data") if s.value is None else _amount(s.value, lang) for s in states
    ]
    told = word(lang, "effect.arrow").join(shown if states[0].value is not None else shown[:1])
    missing = list(dict.fromkeys(id for s in states for id in s.unknown))
    if states[0].value is None or not missing:
        return told
    return word(lang, "effect.except", value=told, missing=_named(lang, missing, names, 2))


def _amount(value: float, lang: str) -> str:
    shown = number_text(value)
    return word(lang, "effect.over", value=shown) if value < 0 else shown


def _gains(gain: ProjectGain, names: _Names, lang: str) -> list[list[Cell]]:
    """A row a leader, or one that says why there is none."""
    if not gain.gains:
        unknown = gain.gains is None or bool(gain.unknown)
        amount = Cell(word(lang, "text.no_data") if unknown else 0.0)
        return [[Cell(_why_none(gain, names, lang)), Cell(""), amount, amount]]
    return [
        [
            Cell(names.get(one.leader, one.leader)),
            Cell(_list(lang, [_path(s.path, names, lang) for s in one.segments[:_SEGMENTS]])),
            Cell(one.alone),
            Cell(one.beside),
        ]
        for one in gain.gains
    ]


def _why_none(gain: ProjectGain, names: _Names, lang: str) -> str:
    if gain.gains is None:
        return word(lang, "effect.gain_none")
    if gain.unknown:
        return word(lang, "effect.gain_unknown", segments=_named(lang, gain.unknown, names))
    return word(lang, "effect.gain_zero")


def _path(path: Sequence[str], names: _Names, lang: str) -> str:
    """From the segment to what the leader makes of it."""
    return word(lang, "effect.arrow").join(names.get(id, id) for id in reversed(path))


def _columns(lang: str, heads: Sequence[str]) -> Sequence[Column]:
    return [Column(word(lang, f"effect_head.{h}"), _KINDS.get(h, "text")) for h in heads]


def _named(lang: str, ids: Sequence[str], names: _Names, most: int | None = None) -> str:
    told = [names.get(id, id) for id in ids[:most]]
    if most is not None and len(ids) > most:
        told.append(word(lang, "text.more", n=len(ids) - most))
    return _list(lang, told)


def _list(lang: str, told: Sequence[str]) -> str:
    return word(lang, "text.comma").join(told)
