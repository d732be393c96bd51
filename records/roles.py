"""Who may be somebody here: the roles, and the person behind a change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["COMMAND_LINE", "EVERY_ROLE", "SYSTEM", "Actor", "Role"]


class Role(StrEnum):
    """What an account is there for; one account has one role (三员分立 needs them apart)."""

    VIEWER = "viewer"
    OFFICER = "officer"  # 招商
    PARK = "park"  # park operator: its own park's only
    REVIEWER = "reviewer"  # an expert with fields, or a department
    CHAIR = "chair"
    SECRETARY = "secretary"
    ADMIN = "admin"  # accounts and backups; neither scores nor reads scores nor clears the audit
    AUDITOR = "auditor"  # the audit and nothing else


EVERY_ROLE = frozenset(Role)


@dataclass(frozen=True)
class Actor:
    """Who makes a change, as the audit names them: `id` stays when a name is changed."""

    id: str
    name: str
    role: str


SYSTEM = Actor("system", "lianzhu", "system")
COMMAND_LINE = Actor("cli", "命令行", "system")
