"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from records.roles import EVERY_ROLE, Actor, Role

__all__ = ["ANONYMOUS", "DEMO", "Identity", "demo"]


@dataclass(frozen=True)
class Identity:
    """Who asks, by which proof, with which roles; hashable, so that answers can be kept for it.

    `must` names what has to be done before anything else may be: a new password, a second factor.
    `session` is the hash of the session's id, by which it is ended.
    """

    id: str
    name: str
    roles: frozenset[Role]
    by: Literal["nothing", "demo", "session", "token"] = "session"
    park: str | None = None  # of a park operator
    must: Literal["", "password", "totp"] = ""
    session: str = field(default="", compare=False)
    department: str = ""  # of a reviewer who speaks for one

    @property
    def only_park(self) -> str | None:
        """The one park this identity may see things of, None for no such bound."""
        return (self.park or "") if self.roles == {Role.PARK} else None

    @property
    def actor(self) -> Actor:
        """As the audit names it."""
        several = "demo" if self.roles else "anonymous"
        role = next(iter(self.roles)) if len(self.roles) == 1 else several
        return Actor(self.id, self.name, role)


ANONYMOUS = Identity("", "", frozenset(), "nothing")
DEMO = Identity("demo", "演示", EVERY_ROLE, "demo")


def demo(chosen: str) -> Identity:
    """The person of single-user mode, in every role or as `chosen` says: `role` or `park:ID`."""
    role, _, park = chosen.partition(":")
    if role not in EVERY_ROLE:
        return DEMO
    return Identity("demo", DEMO.name, frozenset({Role(role)}), "demo", park or None)
