"""服务会商: the list, and one consultation with everything that was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from graph.attraction.consultation import (
    STATES,
    Consultation,
    Event,
    awaited,
    history,
    overdue,
    standing,
    state_of,
)
from viz.contexts import Choice, Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = ["ROWS", "ConsultationPage", "ConsultationsPage", "consultation_table"]

ROWS = 4  # departments the form asks


@dataclass(frozen=True)
class ConsultationsPage:
    """哪些事等部门答复?"""

    template: ClassVar[str] = "consultations.html"
    frame: Frame
    rows: Sequence[Consultation]
    names: Mapping[str, str]
    today: date
    parks: Sequence[Choice]  # that one may ask for
    asked: Sequence[Choice]  # parks of those one may see
    departments: Sequence[str]  # that are asked in any
    known: Mapping[str, bool]  # departments to choose from: whether an account speaks for each
    park: str = ""  # ?park=
    department: str = ""  # ?department=
    state: str = ""  # ?state=
    typed: Mapping[str, str] = field(default_factory=dict)  # of a form that was refused
    typed_asks: Sequence[tuple[str, str]] = ()  # its departments and days

    @property
    def states(self) -> Sequence[str]:
        """What to filter by; overdue is no state but is asked for like one."""
        return ("overdue", *STATES)

    @property
    def asks(self) -> Sequence[tuple[str, str]]:
        """The rows of the form: department and day."""
        return [*self.typed_asks, *[("", "")] * ROWS][:ROWS]

    @property
    def table(self) -> Table:
        """The list."""
        return consultation_table(self.frame, self.rows, self.names, self.today)


@dataclass(frozen=True)
class ConsultationPage:
    """这件事问了谁、答了什么?"""

    template: ClassVar[str] = "consultation.html"
    frame: Frame
    found: Consultation
    names: Mapping[str, str]
    today: date
    answering: Sequence[str]  # departments the reader may answer for
    closes: bool  # may close and reopen it
    names_speaker: bool  # may write down who answered
    unspoken: Sequence[str] = ()  # departments that are asked and have no account
    typed: Mapping[str, str] = field(default_factory=dict)  # of a form that was refused

    @property
    def state(self) -> str:
        """Where it stands."""
        return state_of(self.found)

    @property
    def history(self) -> Sequence[Event]:
        """Everything that was said, in order."""
        return history(self.found)

    @property
    def asked(self) -> Sequence[tuple[str, str, str]]:
        """Department, day, and where its answer stands: overdue, waiting or answered."""
        late, open_ = overdue(self.found, self.today), not self.found.closed
        rows = []
        for one, said in standing(self.found):
            code = "answered" if said else "waiting" if open_ else "dropped"
            code = "overdue" if one.department in late else code
            rows.append((one.department, one.due.isoformat(), code))
        return rows


def consultation_table(
    frame: Frame, rows: Sequence[Consultation], names: Mapping[str, str], today: date
) -> Table:
    """Consultations, with what is still awaited."""
    lang = frame.lang
    heads = ("subject", "park", "about", "asked_on", "state", "awaited", "due", "result")
    return Table(
        "consultations",
        word(lang, "consult.table"),
        [Column(word(lang, f"consult_head.{head}")) for head in heads],
        [_row(frame, one, names, today) for one in rows],
    )


def _row(
    frame: Frame, found: Consultation, names: Mapping[str, str], today: date
) -> Sequence[Cell]:
    lang = frame.lang
    left, late = awaited(found), overdue(found, today)
    comma = word(lang, "text.comma")
    first = min((one.due for one in left), default=None)
    told = word(lang, "consult.late", names=comma.join(late)) if late else ""
    return [
        Cell(found.subject, frame.to(f"/consultations/{found.id}")),
        Cell(names.get(found.park, found.park)),
        Cell(found.about),
        Cell(found.asked_on.isoformat(), note=found.asked_by),
        Cell(term(lang, "consult_state", state_of(found))),
        Cell(comma.join(one.department for one in left)),
        Cell(first.isoformat() if first else "", note=told),
        Cell(found.turns[-1].text if found.closed else ""),
    ]
