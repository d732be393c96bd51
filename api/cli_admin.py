"""`lianzhu admin …`: accounts without the pages, for who runs the machine."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from api.command import AsJson, command_line, err, print_json, worded
from api.settings import Settings
from records import accounts, passwords
from records.accounts import Details
from records.database import Records
from viz.words import word

__all__ = ["app"]

app = typer.Typer(help="账号 / accounts", no_args_is_help=True)

Login = Annotated[str, typer.Argument(help="登录名 / login")]
OfSample = Annotated[bool, typer.Option("--sample", help="示例园区的账号 / the sample's accounts")]


@app.command("create-user")
def create_user(
    login: Login,
    name: Annotated[str, typer.Option(help="姓名 / name")],
    role: Annotated[
        str,
        typer.Option(
            help="viewer | officer | park | reviewer | chair | secretary | admin | auditor"
        ),
    ],
    park: Annotated[str, typer.Option(help="所属园区编号 / id of the park")] = "",
    department: Annotated[str, typer.Option(help="部门 / department")] = "",
    field: Annotated[list[str] | None, typer.Option(help="专业领域 / field, repeatable")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入读口令 / password from stdin")
    ] = False,
    sample: OfSample = False,
    as_json_: AsJson = False,
) -> None:
    """新增账号 / add an account; prints a one-time password."""
    with _records(sample) as (records, settings):
        details = Details.checked(name, role, park, department, field or ())
        given = re.sub(r"\r?\n\Z", "", sys.stdin.read()) if password_stdin else ""
        if password_stdin:
            passwords.check(given, settings.profile, login, name)
        password = given or passwords.one_time()
        now, must = datetime.now(UTC), not given
        accounts.create(records, login, details, password, now=now, must_change=must)
        _tell(settings, accounts.login_of(login), "" if given else password, as_json_)


@app.command("disable-user")
def disable_user(login: Login, sample: OfSample = False) -> None:
    """停用账号 / disable an account: sessions and tokens end at once."""
    with _records(sample) as (records, settings):
        account = accounts.with_login(records, login)
        accounts.disable(records, account.id, now=datetime.now(UTC))
        err.print(word(settings.lang, "people_cli.disabled", login=account.login))


@app.command("reset-user")
def reset_user(login: Login, sample: OfSample = False, as_json_: AsJson = False) -> None:
    """重置账号 / a new one-time password; the second factor goes, a disabled account comes back."""
    with _records(sample) as (records, settings):
        account = accounts.with_login(records, login)
        password = accounts.reset(records, account.id, now=datetime.now(UTC))
        accounts.enable(records, account.id)
        _tell(settings, account.login, password, as_json_)


@contextmanager
def _records(sample: bool) -> Iterator[tuple[Records, Settings]]:
    with worded() as settings:
        records = settings.open_records(sample=sample)
        try:
            yield records.acting(command_line()), settings
        finally:
            records.close()


def _tell(settings: Settings, login: str, password: str, as_json_: bool) -> None:
    """The password is data and goes to stdout; what it is for, to stderr."""
    if as_json_:
        print_json({"login": login} | ({"password": password} if password else {}))
    elif password:
        err.print(word(settings.lang, "people_cli.handed", login=login), highlight=False)
        typer.echo(password)
    else:
        err.print(word(settings.lang, "people_cli.made", login=login), highlight=False)
