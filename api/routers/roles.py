"""The role switch of single-user mode."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from fastapi.responses import RedirectResponse, Response

from api.deps import AtDesk, single_user
from api.frames import local
from records.roles import EVERY_ROLE, Role

__all__ = ["ROLE_COOKIE", "router"]

ROLE_COOKIE = "lianzhu-role"
router = APIRouter(include_in_schema=False, dependencies=[Depends(single_user)])


@router.post("/role")
def switch(
    desk: AtDesk,
    role: Annotated[str, Form(max_length=20)] = "",
    back: Annotated[str, Form(alias="next", max_length=4000)] = "/",
) -> Response:
    """See the pages as one role sees them, or as all together."""
    answer = RedirectResponse(local(back), 303)
    if role not in EVERY_ROLE:
        answer.delete_cookie(ROLE_COOKIE)
        return answer
    parks = desk.snapshot.nodes("Park").ids
    chosen = f"{role}:{parks[0]}" if role == Role.PARK and len(parks) else role
    answer.set_cookie(ROLE_COOKIE, chosen, httponly=True, samesite="strict")
    return answer
