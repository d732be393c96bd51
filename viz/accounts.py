"""The pages about who somebody is: signing in, one's own account, all accounts, the set-up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from viz.contexts import Choice, Frame
from viz.table import Cell, Column, Table
from viz.words import term, word

__all__ = [
    "AccountPage",
    "AccountRow",
    "AccountsPage",
    "SetupPage",
    "SignInPage",
    "TokenRow",
    "account_table",
]


@dataclass(frozen=True)
class SignInPage:
    """您是谁?"""

    template: ClassVar[str] = "signin.html"
    frame: Frame
    back: str  # where to go then
    code: bool = False  # the password was right, a code is asked for
    login: str = ""  # as given before


@dataclass(frozen=True)
class SetupPage:
    """谁来管理这套系统?"""

    template: ClassVar[str] = "setup.html"
    frame: Frame
    key: str
    profile: str
    login: str = ""
    name: str = ""


@dataclass(frozen=True)
class AccountRow:
    """One account; `password` is when it was set."""

    id: str
    login: str
    name: str
    role: str
    park: str
    department: str
    fields: Sequence[str]
    disabled: bool
    must_change: bool
    second_factor: bool
    password: str
    version: int

    @property
    def state(self) -> str:
        """disabled, waiting for its first own password, or active."""
        return "disabled" if self.disabled else "waiting" if self.must_change else "active"

    @property
    def known_for(self) -> str:
        """What is special to the role: the park, the department, the fields."""
        return "、".join(filter(None, (self.park, self.department, *self.fields)))


@dataclass(frozen=True)
class TokenRow:
    """One token of the reader's; `over` = it does not hold any more."""

    id: str
    name: str
    scope: str
    made: str
    until: str
    over: bool


@dataclass(frozen=True)
class AccountPage:
    """我的账号安全吗?"""

    template: ClassVar[str] = "account.html"
    frame: Frame
    row: AccountRow
    profile: str
    must: str  # "", password or totp: what has to be done first
    needed: bool  # the role cannot do without a second factor
    secret: str = ""  # of a second factor that waits for its first code
    otpauth: str = ""
    tokens: Sequence[TokenRow] = ()
    days: Sequence[int] = ()
    token: str = ""  # just made, shown this once


@dataclass(frozen=True)
class AccountsPage:
    """谁可以进来、能做什么?"""

    template: ClassVar[str] = "accounts.html"
    frame: Frame
    rows: Sequence[AccountRow]
    me: str  # the reader's own account
    roles: Sequence[str]
    parks: Sequence[Choice]
    editing: AccountRow | None = None
    handed: tuple[str, str] | None = None  # login and one-time password, shown this once
    draft: AccountRow | None = None  # what could not be added

    @property
    def table(self) -> Table:
        """All accounts, as a table."""
        return account_table(self)

    @property
    def park_names(self) -> dict[str, str]:
        """Names of the parks by id."""
        return {park.id: park.name for park in self.parks}


def account_table(page: AccountsPage) -> Table:
    """All accounts, as a table."""
    lang, names = page.frame.lang, page.park_names
    heads = ("login", "name", "role", "of", "second", "password", "state")
    return Table(
        "accounts",
        word(lang, "people.table"),
        [Column(word(lang, f"people_head.{head}")) for head in heads],
        [
            [
                Cell(row.login, page.frame.here(edit=row.id) + "#edit"),
                Cell(row.name),
                Cell(term(lang, "role", row.role)),
                Cell(names.get(row.park, row.known_for)),
                Cell(word(lang, "text.yes" if row.second_factor else "text.no")),
                Cell(row.password),
                Cell(word(lang, f"people_state.{row.state}")),
            ]
            for row in page.rows
        ],
    )
