"""Signing in: slowed down and never locked, alike for all that is wrong, codes used once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from graph.errors import LianzhuError, NotSignedIn, TooMany, UsageError
from records import accounts, credentials, passwords, sessions, signins, totp
from records.accounts import Account, Details
from records.database import Records
from records.roles import Role
from records.tables import accounts as table
from records.tables import attempts, audit
from records.tables import sessions as session_table

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PASSWORD, OTHER = "correct horse battery", "nine grey herons fly"
HOME = "192.0.2.7"
second, minute = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def wang(records: Records) -> Account:
    details = Details("王敏", Role.OFFICER)
    id_ = accounts.create(records, "wang", details, PASSWORD, now=NOW, must_change=False)
    return accounts.get(records, id_)


def attempt(
    records: Records, login: str, password: str, now: datetime = NOW, address: str = HOME
) -> str:
    """How it ends: `ok` or the error's code."""
    try:
        signins.sign_in(records, login, password, address, now)
    except LianzhuError as error:
        return error.code
    return "ok"


def noted(records: Records, action: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    with records.read() as db:
        rows = db.execute(select(audit).filter_by(action=action).order_by(audit.c.seq))
        return [(r.actor, r.name, r.object, json.loads(r.detail)) for r in rows]


def test_a_session_holds_what_was_proved(records: Records, wang: Account) -> None:
    begun = signins.sign_in(records, " WANG ", PASSWORD, HOME, NOW)
    again = signins.sign_in(records, "wang", PASSWORD, HOME, NOW)
    assert begun.id != again.id
    assert not begun.needs_code
    found = sessions.session_of(records, begun.id, NOW)
    assert found is not None
    assert found.account == wang
    with records.read() as db:
        kept = {row.id for row in db.execute(select(session_table))}
    assert kept == {sessions.digest(begun.id), sessions.digest(again.id)}
    assert len(begun.id) == 43, "256 bits"
    ok = noted(records, "signin.ok")
    assert ok == [(wang.id, "王敏", "wang", {"address": HOME})] * 2


@pytest.mark.parametrize(
    ("after", "holds"),
    [
        ([30 * minute], True),
        ([30 * minute + second], False),
        ([29 * minute] * 24, True),
        ([29 * minute] * 24 + [24 * minute], True),
        ([29 * minute] * 24 + [24 * minute + second], False),
    ],
)
def test_a_session_ends_idle_or_after_twelve_hours(
    records: Records, wang: Account, after: list[timedelta], holds: bool
) -> None:
    id_, now = signins.sign_in(records, "wang", PASSWORD, HOME, NOW).id, NOW
    for pause in after:
        now += pause
        found = sessions.session_of(records, id_, now)
    assert (found is not None) is holds


def test_when_it_was_seen_is_written_once_a_minute(
    records: Records, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_, written = signins.sign_in(records, "wang", PASSWORD, HOME, NOW).id, []
    monkeypatch.setattr(sessions, "_seen", lambda records, session, now: written.append(now))
    for n in range(0, 60, 5):
        sessions.session_of(records, id_, NOW + n * second)
    assert written == []
    sessions.session_of(records, id_, NOW + minute)
    assert written == [NOW + minute]


def test_signing_out_ends_the_session_and_those_that_are_over_are_removed(
    records: Records, wang: Account
) -> None:
    first, other = (signins.sign_in(records, "wang", PASSWORD, HOME, NOW).id for _ in range(2))
    sessions.end(records, first)
    sessions.end(records, first)
    sessions.end(records, "nobody's")
    assert sessions.session_of(records, first, NOW) is None
    assert sessions.session_of(records, other, NOW) is not None
    assert [o for _, _, o, _ in noted(records, "signin.end")] == ["wang"]
    signins.sign_in(records, "wang", PASSWORD, HOME, NOW + 13 * 60 * minute)
    with records.read() as db:
        assert db.execute(select(func.count()).select_from(session_table)).scalar() == 1


def test_what_is_wrong_looks_alike_and_costs_the_same(
    records: Records, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = accounts.create(records, "gone", Details("钱", Role.VIEWER), PASSWORD, now=NOW)
    accounts.disable(records, gone, now=NOW)
    work: list[str] = []
    real = passwords.matches

    def counted(kept: str, password: str) -> bool:
        work.append(password)
        return real(kept, password)

    monkeypatch.setattr(passwords, "matches", counted)
    verified: list[str] = []
    hasher = passwords._HASHER
    monkeypatch.setattr(passwords, "_HASHER", Spied(hasher, verified))
    tries = [("wang", OTHER), ("nobody", PASSWORD), ("gone", PASSWORD), ("gone", OTHER), ("", "")]
    ends = [attempt(records, *t) for t in tries]
    assert ends == ["wrong_sign_in"] * 5
    assert work == [password for _, password in tries]
    assert len(verified) == 5, "a hash each"
    costs = {kept.split("$")[3] for kept in verified}
    assert costs == {"m=19456,t=2,p=1"}


class Spied:
    def __init__(self, hasher: PasswordHasher, verified: list[str]) -> None:
        self._hasher, self._verified = hasher, verified

    def verify(self, kept: str, password: bytes) -> bool:
        self._verified.append(kept)
        return self._hasher.verify(kept, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


def test_five_wrong_ones_are_a_wait_and_no_lock(records: Records, wang: Account) -> None:
    ends = [attempt(records, "wang", OTHER, NOW + n * minute) for n in range(6)]
    assert ends == ["wrong_sign_in"] * 5 + ["too_many_attempts"]
    with pytest.raises(TooMany) as caught:
        signins.sign_in(records, "wang", PASSWORD, HOME, NOW + 6 * minute)
    assert caught.value.facts == {"seconds": 9 * 60}
    for n in range(50):  # asking on and on does not lengthen it
        assert attempt(records, "WANG", OTHER, NOW + 10 * minute + n * second, f"198.51.100.{n}")
    assert attempt(records, "wang", PASSWORD, NOW + 15 * minute - second) == "too_many_attempts"
    assert attempt(records, "wang", PASSWORD, NOW + 15 * minute) == "ok"
    ends = [attempt(records, "wang", OTHER, NOW + 15 * minute) for _ in range(6)]
    assert ends == ["wrong_sign_in"] * 5 + ["too_many_attempts"], "a right one counts anew"


def test_somebody_elses_wrong_ones_do_not_hold_me_up(records: Records, wang: Account) -> None:
    assert [attempt(records, f"login{n}", OTHER) for n in range(20)] == ["wrong_sign_in"] * 20
    assert attempt(records, "login20", OTHER) == "too_many_attempts"
    assert attempt(records, "wang", PASSWORD) == "too_many_attempts", "the same address"
    assert attempt(records, "wang", PASSWORD, address="198.51.100.1") == "ok"
    assert attempt(records, "wang", PASSWORD, NOW + 15 * minute) == "ok"


def test_a_house_with_many_addresses_is_one(records: Records) -> None:
    near = [f"2001:db8::{n:x}" for n in range(1, 22)]
    ends = [attempt(records, f"l{n}", OTHER, address=a) for n, a in enumerate(near)]
    assert ends == ["wrong_sign_in"] * 20 + ["too_many_attempts"]
    assert attempt(records, "l99", OTHER, address="2001:db8:0:1::1") == "wrong_sign_in"


def test_a_right_one_takes_nothing_back_of_its_address(records: Records, wang: Account) -> None:
    for n in range(19):
        attempt(records, f"login{n}", OTHER)
    assert attempt(records, "wang", PASSWORD) == "ok"
    assert attempt(records, "x1", OTHER) == "wrong_sign_in"
    assert attempt(records, "x2", OTHER) == "too_many_attempts"


def test_many_at_once_are_no_more_than_one_after_another(records: Records, wang: Account) -> None:
    with ThreadPoolExecutor(12) as pool:
        ends = list(pool.map(lambda n: attempt(records, "wang", OTHER), range(24)))
    assert sorted(ends) == ["too_many_attempts"] * 19 + ["wrong_sign_in"] * 5


def test_a_crowd_that_waits_for_a_hash_has_not_failed(
    records: Records, wang: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    with passwords._turn(), passwords._turn():
        assert [attempt(records, "wang", PASSWORD) for _ in range(9)] == ["too_busy"] * 9
    assert attempt(records, "wang", PASSWORD) == "ok"
    assert noted(records, "signin.failed") == []


def test_who_failed_is_written_down_under_the_login_given(records: Records, wang: Account) -> None:
    for login in ("wang", "Nobody", 'evil\n{"seq":1}\x1b[2J\0\ud800', "x" * 5000):
        assert attempt(records, login, "secret-" + OTHER) == "wrong_sign_in"
    failed = noted(records, "signin.failed")
    told = {"address": HOME, "step": "password"}
    assert failed[0] == (wang.id, "王敏", "wang", told)
    assert failed[1] == ("", "nobody", "nobody", told)
    assert failed[2][2] == 'evil\ufffd{"seq":1}\ufffd[2j\ufffd\ufffd'
    assert failed[3][2] == "x" * 100
    assert all(text.isprintable() for entry in failed for text in entry[:3])
    assert "secret-" not in repr(failed)


def test_a_password_is_hashed_anew_when_the_rules_grow(records: Records, wang: Account) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with records.passing() as db:
        db.execute(update(table).values(password=weak))
    assert attempt(records, "wang", PASSWORD) == "ok"
    with records.read() as db:
        kept = str(db.execute(select(table.c.password)).scalar())
    assert not passwords.outdated(kept)
    assert passwords.matches(kept, PASSWORD)


def test_a_one_time_password_holds_seven_days(records: Records) -> None:
    accounts.create(records, "li", Details("李", Role.VIEWER), PASSWORD, now=NOW)
    assert attempt(records, "li", PASSWORD, NOW + timedelta(days=7)) == "ok"
    assert attempt(records, "li", PASSWORD, NOW + timedelta(days=7, seconds=1)) == "one_time_over"


def with_totp(records: Records, account: Account) -> pyotp.TOTP:
    credentials.begin_totp(records, account)
    made = pyotp.TOTP(credentials.pending_totp(records, account))
    credentials.confirm_totp(
        records, account, made.at(NOW - timedelta(hours=1)), NOW - timedelta(hours=1)
    )
    return made


def test_a_second_factor_is_asked_for_and_each_code_used_once(
    records: Records, wang: Account
) -> None:
    made = with_totp(records, wang)
    begun = signins.sign_in(records, "wang", PASSWORD, HOME, NOW)
    assert begun.needs_code
    pending = sessions.session_of(records, begun.id, NOW)
    assert pending is not None
    assert pending.pending
    code = made.at(NOW)
    done = signins.confirm(records, begun.id, code, HOME, NOW)
    assert done.id != begun.id
    assert sessions.session_of(records, begun.id, NOW) is None
    again = signins.sign_in(records, "wang", PASSWORD, HOME, NOW)
    with pytest.raises(NotSignedIn, match="wrong_code"):
        signins.confirm(records, again.id, code, HOME, NOW + 20 * second)
    before = made.at(NOW - 30 * second)
    with pytest.raises(NotSignedIn, match="wrong_code"):
        signins.confirm(records, again.id, before, HOME, NOW)
    assert signins.confirm(records, again.id, made.at(NOW + 30 * second), HOME, NOW)
    assert [d["step"] for *_, d in noted(records, "signin.failed")] == ["code", "code"]


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_clock_may_be_a_step_off(
    records: Records, wang: Account, steps: int, right: bool
) -> None:
    made = with_totp(records, wang)
    code = made.at(NOW + steps * 30 * second)
    assert credentials.use_code(records, wang.id, code, NOW) is right


def test_a_code_is_used_by_one_of_many(records: Records, wang: Account) -> None:
    code = with_totp(records, wang).at(NOW)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda n: credentials.use_code(records, wang.id, code, NOW), range(8)))
    assert sorted(used) == [False] * 7 + [True]


def test_guessing_codes_is_slowed_down_with_a_right_password_too(
    records: Records, wang: Account
) -> None:
    with_totp(records, wang)
    ends = []
    for _ in range(7):
        try:
            begun = signins.sign_in(records, "wang", PASSWORD, HOME, NOW)
            signins.confirm(records, begun.id, "000000", HOME, NOW)
        except LianzhuError as error:
            ends.append(error.code)
    assert ends == ["wrong_code"] * 5 + ["too_many_attempts"] * 2


def test_a_password_alone_is_no_session_for_long(records: Records, wang: Account) -> None:
    made = with_totp(records, wang)
    begun, late = signins.sign_in(records, "wang", PASSWORD, HOME, NOW), NOW + 5 * minute + second
    with pytest.raises(NotSignedIn, match="not_signed_in"):
        signins.confirm(records, begun.id, made.at(late), HOME, late)
    with pytest.raises(NotSignedIn, match="not_signed_in"):
        signins.confirm(records, "", made.at(NOW), HOME, NOW)


def test_disabled_between_password_and_code(records: Records, wang: Account) -> None:
    made = with_totp(records, wang)
    begun = signins.sign_in(records, "wang", PASSWORD, HOME, NOW)
    accounts.disable(records, wang.id, now=NOW)
    with pytest.raises(NotSignedIn):
        signins.confirm(records, begun.id, made.at(NOW), HOME, NOW)


def test_a_secret_that_was_never_confirmed_is_none(records: Records, wang: Account) -> None:
    credentials.begin_totp(records, wang)
    secret = credentials.pending_totp(records, wang)
    with pytest.raises(UsageError, match="wrong_code"):
        credentials.confirm_totp(records, wang, "000000", NOW)
    assert not accounts.get(records, wang.id).second_factor
    assert not signins.sign_in(records, "wang", PASSWORD, HOME, NOW).needs_code
    credentials.begin_totp(records, wang)
    assert credentials.pending_totp(records, wang) != secret
    assert totp.address("A" * 32, "王").startswith("otpauth://totp/lianzhu:%E7%8E%8B?secret=AAAA")


def test_a_new_password_ends_all_sessions_and_begins_one(records: Records, wang: Account) -> None:
    mine, other = (signins.sign_in(records, "wang", PASSWORD, HOME, NOW).id for _ in range(2))
    signins.prove(records, "wang", PASSWORD, HOME, NOW)
    with pytest.raises(UsageError, match="password_same"):
        credentials.change_password(records, wang, PASSWORD, PASSWORD, "asvs", NOW)
    fresh = credentials.change_password(records, wang, PASSWORD, OTHER, "asvs", NOW)
    holds = [sessions.session_of(records, id_, NOW) is not None for id_ in (mine, other, fresh)]
    assert holds == [False, False, True]
    assert attempt(records, "wang", PASSWORD) == "wrong_sign_in"
    assert attempt(records, "wang", OTHER) == "ok"
    with pytest.raises(UsageError, match="wrong_password"):
        signins.prove(records, "wang", PASSWORD, HOME, NOW)


@pytest.mark.parametrize(
    ("role", "must_change", "factor", "age", "profile", "due"),
    [
        (Role.OFFICER, False, False, 91, "asvs", ""),
        (Role.OFFICER, False, False, 90, "dengbao", ""),
        (Role.OFFICER, False, False, 91, "dengbao", "password"),
        (Role.OFFICER, True, False, 0, "asvs", "password"),
        (Role.CHAIR, False, False, 0, "asvs", "totp"),
        (Role.ADMIN, False, False, 0, "asvs", "totp"),
        (Role.ADMIN, True, False, 0, "asvs", "password"),
        (Role.ADMIN, False, True, 0, "asvs", ""),
        (Role.AUDITOR, False, False, 0, "asvs", ""),
    ],
)
def test_what_has_to_be_done_first(
    role: Role, must_change: bool, factor: bool, age: int, profile: str, due: str
) -> None:
    account = Account("i", "l", Details("n", role), must_change, NOW, factor, False, NOW, 1)
    assert credentials.due(account, profile, NOW + timedelta(days=age)) == due


def test_counters_do_not_pile_up(records: Records) -> None:
    for n in range(10):
        attempt(records, f"l{n}", OTHER)
    attempt(records, "l", OTHER, NOW + 15 * minute)
    with records.read() as db:
        assert db.execute(select(func.count()).select_from(attempts)).scalar() == 2
