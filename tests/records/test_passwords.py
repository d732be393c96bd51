"""Passwords: what is taken, that all costs the same, and that few are hashed at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest
from argon2 import PasswordHasher, extract_parameters

from graph.errors import TooMany, UsageError
from records import passwords


def refusal(password: str, profile: str = "asvs", *personal: str) -> str:
    try:
        passwords.check(password, profile, *personal)
    except UsageError as error:
        return error.code
    return ""


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("seven77", "password_short"),
        ("eight is", ""),
        ("x" * 64 + "y" * 32 + "z" * 32, ""),
        ("x" * 64 + "y" * 32 + "z" * 33, "password_long"),
        ("链主招商真不容易", ""),
        ("Password", "password_common"),
        ("PASSW0RD1", "password_common"),
        ("woaini1314", "password_common"),
        ("password2031!", "password_common"),
        ("99999998", "password_common"),
        ("abcabcabc", "password_common"),
        ("34567890", "password_common"),
        ("oiuytrewq", "password_common"),
        ("correct horse battery", ""),
        ("Zhang.Wei", "password_personal"),
        ("my-zhang.wei-2031", "password_personal"),
        ("欧阳小明", "password_short"),
        ("我就是欧阳小明啊", "password_personal"),
    ],
)
def test_asvs_takes_all_but_what_others_think_of(password: str, code: str) -> None:
    assert refusal(password, "asvs", "zhang.wei", "欧阳小明") == code


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("correct horse battery", "password_kinds"),  # small letters and blanks
        ("Correct horse battery", ""),
        ("correct4horse", "password_kinds"),
        ("Correct4horse", ""),
        ("correct4-horse", ""),
        ("CORRECT4HORSE", "password_kinds"),
        ("招商引资Tag7", ""),
        ("Passw0rd", "password_common"),
    ],
)
def test_dengbao_takes_three_of_four_kinds(password: str, code: str) -> None:
    assert refusal(password, "dengbao") == code


def test_a_hash_is_argon2id_with_at_least_what_is_promised() -> None:
    kept = passwords.hashed("correct horse battery")
    found = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert (found.memory_cost, found.time_cost, found.parallelism) == (19 * 1024, 2, 1)
    assert passwords.matches(kept, "correct horse battery")
    assert not passwords.matches(kept, "Correct horse battery")
    assert not passwords.matches("no hash", "correct horse battery")
    assert kept != passwords.hashed("correct horse battery")
    assert not passwords.outdated(kept)
    assert passwords.outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash("x"))


def test_the_same_characters_are_the_same_password_however_composed() -> None:
    assert passwords.matches(passwords.hashed("caf\u00e9 au lait"), "cafe\u0301 au lait")


def test_one_time_passwords_are_taken_and_never_the_same() -> None:
    made = {passwords.one_time() for _ in range(1000)}
    assert len(made) == 1000
    assert {refusal(p) for p in made} == {""}
    assert all(len(p.replace("-", "")) == 20 for p in made)


class Counted:
    """Stands in for the hasher and counts how many are at work."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = Lock(), 0, 0

    def hash(self, password: bytes) -> str:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self.lock:
            self.now -= 1
        return "x"


def test_two_are_hashed_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted()
    monkeypatch.setattr(passwords, "_HASHER", counted)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(passwords.hashed, ["x"] * 32))
    assert counted.most == 2


def test_who_waits_too_long_is_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    with passwords._turn(), passwords._turn(), pytest.raises(TooMany) as caught:
        passwords.hashed("x")
    assert caught.value.code == "too_busy"
    assert passwords.hashed("x")
