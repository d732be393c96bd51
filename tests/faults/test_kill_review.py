"""A process that runs a meeting is killed at any moment: what it said was done is there, whole."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from graph.review.meeting import Meeting
from records import audit, meetings
from records.database import Records
from tests.conftest import tier
from tests.graph.review.meetings import draft, script
from tests.records.writers import CONTEXT

# A clean process that has imported this, too, is what every writer is forked from.
CONTEXT.set_forkserver_preload(["tests.records.writers", __name__])

KILLS = {"sqlite": tier(60, 600), "postgresql": tier(20, 200)}
SECONDS = 120
LONGEST = 0.03  # seconds after the start of a step: in its middle, or in one of the next


def run(url: str, heads: Path, id: str, first: int, line: Connection) -> None:
    """Take the steps of a meeting from one on; say when each begins and when it is done."""
    records = Records(url, heads=heads)
    for number, (name, step) in enumerate(script()[first:], first):
        line.send(("begun", number))
        meetings.act(records, id, name, step)
        line.send(("done", number))
    records.close()


def killed(
    url: str, heads: Path, id: str, first: int, after: int, pause: float
) -> tuple[int, int, bool]:
    """Start a writer and kill it `pause` seconds after it began so many steps.

    How many steps of the meeting it said were done, how many it said it had begun, and whether it
    was killed or came to the end of the meeting before.
    """
    ours, theirs = CONTEXT.Pipe(duplex=False)
    writer = CONTEXT.Process(target=run, args=(url, heads, id, first, theirs))
    writer.start()
    theirs.close()
    done = begun = first
    with suppress(EOFError):
        while True:
            what, number = ours.recv()
            done, begun = (number + 1, begun) if what == "done" else (done, number + 1)
            if what == "begun" and number - first + 1 == after:
                time.sleep(pause)
                writer.kill()
    writer.join(SECONDS)
    assert writer.exitcode in (-signal.SIGKILL, 0)
    ours.close()
    return done, begun, writer.exitcode != 0


def course(id: str, ordinal: int) -> Sequence[Meeting]:
    """A meeting after each number of steps; no two are alike."""
    found = [replace(draft(), id=id, ordinal=ordinal, panel=(), cases=())]
    for _, step in script():
        found.append(step(found[-1]))
    assert len({meetings.digest(meeting) for meeting in found}) == len(script()) + 1
    return found


def check_chain(records: Records, id: str, steps: int, course: Sequence[Meeting]) -> None:
    """One entry for every step that is there, and from sealing on its hash."""
    with records.read() as db:
        chain = list(audit.entries(db))
    assert records.heads is not None
    assert audit.verify(chain, records.heads.all()).ok
    mine = [entry for entry, _ in chain if entry.object == f"meeting/{id}"]
    names = ["call", *(name for name, _ in script()[:steps])]
    assert [entry.action for entry in mine] == [f"review.{name}" for name in names]
    for entry, meeting in zip(mine[1:], course[1:], strict=False):
        sealed = meeting.state in ("sealed", "decided", "published")
        assert (meetings.digest(meeting) in entry.detail) == sealed


@pytest.mark.parametrize("place", KILLS)
def test_every_acknowledged_step_of_a_killed_meeting_is_there(
    place: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path}/records.db"
    if place == "postgresql":
        url = request.getfixturevalue("postgres_url")
    heads, choose = tmp_path / "heads", random.Random(11)
    kills, cut, undone, ordinal = 0, 0, 0, 0
    kinds: Counter[str] = Counter()
    while kills < KILLS[place]:
        ordinal += 1
        id, at = f"m{ordinal}", 0
        states = course(id, ordinal)
        texts = [meetings.digest(meeting) for meeting in states]
        records = Records(url, heads=heads)
        meetings.add(records, states[0])
        records.close()
        while at < len(script()) and kills < KILLS[place]:
            after, pause = choose.randint(1, 6), choose.uniform(0, LONGEST)
            done, begun, died = killed(url, heads, id, at, after, pause)
            records = Records(url, heads=heads)
            there = texts.index(meetings.digest(meetings.get(records, id)))
            assert done <= there <= begun <= done + 1
            check_chain(records, id, there, states)
            records.close()
            kinds.update(name for name, _ in script()[at:done])
            kills, cut, undone = kills + died, cut + (begun > done), undone + (there < begun)
            at = there
    assert {"submit", "seal", "decide"} <= set(kinds)
    assert cut > KILLS[place] // 3  # most kills come in the middle of a step, not between two
    assert undone
