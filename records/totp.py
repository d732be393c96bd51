"""Codes of an authenticator: RFC 6238, six digits, a new one every 30 seconds."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

import pyotp

__all__ = ["address", "new_secret", "step_of"]

_SECONDS = 30
_DRIFT = 1  # steps a phone's clock may be ahead or behind


def new_secret() -> str:
    """160 random bits, as authenticators take them."""
    return pyotp.random_base32()


def address(secret: str, login: str) -> str:
    """What an authenticator reads: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="lianzhu")


def step_of(secret: str, code: str, now: datetime, used: int) -> int | None:
    """The step a code belongs to, None for a wrong one; what was `used`, or is older, is wrong."""
    here = int(now.timestamp()) // _SECONDS
    given, totp = code.strip().replace(" ", "").encode("utf-8", "replace"), pyotp.TOTP(secret)
    right = [
        step
        for step in range(here - _DRIFT, here + _DRIFT + 1)
        if compare_digest(totp.generate_otp(step).encode(), given) and step > used
    ]
    return right[0] if right else None
