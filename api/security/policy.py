"""The one table of who may do what: a route that is not in it is open to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from records.roles import EVERY_ROLE, Role

__all__ = ["POLICY", "Rule", "markdown", "rights_of"]


@dataclass(frozen=True)
class Rule:
    """Which roles a route is for.

    `public`: also for who has not signed in.  `own_park`: a park operator may ask too, and sees
    only what is its own park's; everything else looks as if it were not there.
    """

    roles: frozenset[Role]
    public: bool = False
    own_park: bool = False

    def allows(self, roles: frozenset[Role]) -> bool:
        """Whether somebody with these roles may ask."""
        return self.public or bool(self.roles & roles) or (self.own_park and Role.PARK in roles)


_READERS = EVERY_ROLE - {Role.PARK, Role.AUDITOR}
_EXPORTERS = frozenset({Role.OFFICER, Role.SECRETARY, Role.CHAIR})
_OFFICE = frozenset({Role.OFFICER, Role.SECRETARY})

_PUBLIC = Rule(EVERY_ROLE, public=True)
_ALL = Rule(EVERY_ROLE)
_READ = Rule(_READERS)
_READ_OWN = Rule(_READERS, own_park=True)
_EXPORT = Rule(_EXPORTERS)
# Who scores has not read what the rules say before.
_PRECHECK = Rule(_READERS - {Role.REVIEWER}, own_park=True)
_FACTS = Rule(frozenset({Role.OFFICER}))  # who changes what the graph says
_LIST_READ = Rule(_EXPORTERS)
_LIST = Rule(_OFFICE)
_FILED = Rule(frozenset({*_OFFICE, Role.CHAIR, Role.REVIEWER}), own_park=True)
_FILE = Rule(_OFFICE, own_park=True)
_ANSWER = Rule(frozenset({*_OFFICE, Role.REVIEWER}))
# What parks negotiate is for the office and its chair: who judges has not heard it before.
_COURTED = Rule(_EXPORTERS, own_park=True)
_MEETING = Rule(frozenset(Role) - {Role.PARK, Role.ADMIN, Role.AUDITOR}, own_park=True)
_RUN = Rule(frozenset({Role.SECRETARY, Role.CHAIR}))
_JUDGE = Rule(frozenset({Role.REVIEWER}))
_SPEAK = Rule(frozenset({Role.REVIEWER, Role.SECRETARY, Role.CHAIR}))
_DECIDE = Rule(frozenset({Role.CHAIR}))
_APPEAL = Rule(frozenset({Role.SECRETARY}), own_park=True)
_SETUP = Rule(frozenset({Role.OFFICER, Role.ADMIN}))
_ADMIN = Rule(frozenset({Role.ADMIN}))
_AUDIT = Rule(frozenset({Role.AUDITOR}))

POLICY: dict[str, Rule] = {
    "GET /static": _PUBLIC,
    "GET /healthz": _PUBLIC,
    "GET /readyz": _PUBLIC,
    "POST /role": _PUBLIC,
    "GET /signin": _PUBLIC,
    "POST /signin": _PUBLIC,
    "POST /signin/code": _PUBLIC,
    "POST /signout": _PUBLIC,
    "GET /setup": _PUBLIC,
    "POST /setup": _PUBLIC,
    "GET /account": _ALL,
    "POST /account/password": _ALL,
    "POST /account/totp": _ALL,
    "POST /account/totp/confirm": _ALL,
    "POST /account/tokens": _ALL,
    "POST /account/tokens/{token}/revoke": _ALL,
    "GET /accounts": _ADMIN,
    "POST /accounts": _ADMIN,
    "POST /accounts/{account}": _ADMIN,
    "POST /accounts/{account}/disable": _ADMIN,
    "POST /accounts/{account}/enable": _ADMIN,
    "POST /accounts/{account}/reset": _ADMIN,
    "GET /docs": _ALL,
    "GET /docs/oauth2-redirect": _ALL,
    "GET /static-offline-docs": _PUBLIC,
    "GET /openapi.json": _ALL,
    "GET /": Rule(_READERS | {Role.AUDITOR}, own_park=True),
    "GET /method": _ALL,
    # chains
    "GET /chains/{chain_id}": _READ,
    "GET /chains/{chain_id}.xlsx": _EXPORT,
    "GET /chains/{chain_id}/gaps": _READ,
    "GET /chains/{chain_id}/gaps.xlsx": _EXPORT,
    "GET /chains/{chain_id}/candidates": _READ,
    "GET /chains/{chain_id}/candidates.xlsx": _EXPORT,
    "GET /chains/{chain_id}/flows": _READ,
    "GET /chains/{chain_id}/flows.xlsx": _EXPORT,
    "GET /chains/{chain_id}/compare": _READ,
    "GET /chains/{chain_id}/compare.xlsx": _EXPORT,
    "GET /chains/{chain_id}/graph": _READ,
    "GET /chains/{chain_id}/graph/frame": _READ,
    "GET /chains/{chain_id}/graph.html": _EXPORT,
    "GET /chains/{chain_id}/graph.xlsx": _EXPORT,
    "GET /chains/{chain_id}/graph.graphml": _EXPORT,
    "GET /chains/{chain_id}/graph.gexf": _EXPORT,
    "GET /chains/{chain_id}/report": _READ,
    "GET /chains/{chain_id}/report.docx": _EXPORT,
    "GET /chains/{chain_id}/report.pdf": _EXPORT,
    "GET /chains/{chain_id}/schema": _READ,
    "GET /chains/{chain_id}/schema.xlsx": _EXPORT,
    "POST /chains/{chain_id}/segments": _FACTS,
    "POST /chains/{chain_id}/inputs": _FACTS,
    # parks, projects, facts
    "GET /parks": _READ,
    "GET /parks.xlsx": _EXPORT,
    "GET /parks/fit": _READ,
    "GET /parks/fit.xlsx": _EXPORT,
    "GET /parks/{park_id:path}": _READ_OWN,
    "GET /projects/{project_id:path}": _READ_OWN,
    "GET /outages/{enterprise_id:path}": _READ,
    "GET /entities/{label}/{id:path}": _READ_OWN,
    "POST /corrections": _FACTS,
    "POST /corrections/undo": _FACTS,
    "POST /surveys": _FACTS,
    "GET /prechecks/{project_id:path}": _PRECHECK,
    "GET /prechecks/{project_id:path}.xlsx": _EXPORT,
    "GET /api/v1/precheck": _PRECHECK,
    "GET /standards": _READ_OWN,
    "GET /standards/{standard_id:path}": _READ_OWN,
    "GET /standards/{standard_id:path}.xlsx": _EXPORT,
    "GET /api/v1/standards": _READ_OWN,
    "GET /api/v1/standards/{standard_id:path}": _READ_OWN,
    # the office's own lists
    "GET /shortlist": _LIST_READ,
    "GET /shortlist.xlsx": _EXPORT,
    "GET /shortlist.docx": _EXPORT,
    "GET /shortlist.pdf": _EXPORT,
    "POST /shortlist": _LIST,
    "POST /shortlist/read": _LIST,
    "POST /shortlist/{item}": _LIST,
    "POST /shortlist/{item}/contacts": _LIST,
    "POST /shortlist/{item}/attachments": _LIST,
    "POST /shortlist/{item}/attachments/{id}/remove": _LIST,
    "GET /attachments/{id}": _ALL,  # each object has its own rule: `api.attaching.KINDS`
    "POST /schemes": _LIST,
    "GET /tasks": _READ,
    "GET /tasks.xlsx": _EXPORT,
    "POST /tasks": _LIST,
    "POST /tasks/{task}/close": _LIST,
    # applications of parks
    "GET /applications": _FILED,
    "GET /applications.xlsx": Rule(_EXPORTERS, own_park=True),
    "GET /applications/new": _FILE,
    "POST /applications": _FILE,
    "POST /applications/workbook": _FILE,
    "GET /applications/workbook/{key}.xlsx": _FILE,
    "GET /applications/{id}": _FILED,
    "POST /applications/{id}": _FILE,
    "POST /applications/{id}/submit": _FILE,
    "POST /applications/{id}/withdraw": _FILE,
    "POST /applications/{id}/link": _LIST,  # firms of the graph are not for park operators
    "POST /applications/{id}/checked": _LIST,  # what departments said, by the office
    "POST /applications/{id}/attachments": _FILE,
    "POST /applications/{id}/attachments/{file}/remove": _FILE,
    # 服务会商; which of them a reviewer sees: `api.consulting`
    "GET /consultations": _FILED,
    "GET /consultations.xlsx": Rule(_EXPORTERS, own_park=True),
    "GET /consultations/{id}": _FILED,
    "GET /api/v1/consultations": _FILED,
    "POST /consultations": _FILE,
    "POST /consultations/{id}/answer": _ANSWER,
    "POST /consultations/{id}/close": _FILE,
    "POST /consultations/{id}/reopen": _FILE,
    # 园区大事
    "GET /api/v1/milestones": _READ_OWN,
    "POST /milestones": _LIST,
    "POST /milestones/{id}": _LIST,
    # from meeting to meeting, as much of each as `api.sight` shows; what was announced
    "GET /trend": _MEETING,
    "GET /trend.xlsx": Rule(_EXPORTERS, own_park=True),
    "GET /api/v1/trend": _MEETING,
    "POST /announced": _LIST,
    "POST /announced/{id}": _LIST,
    # projects that are courted
    "GET /pipeline": _COURTED,
    "GET /pipeline.xlsx": _COURTED,
    "GET /pipeline/new": _FILE,
    "POST /pipeline": _FILE,
    "POST /pipeline/demo": _LIST,
    "POST /pipeline/workbook": _FILE,
    "GET /pipeline/workbook/{key}.xlsx": _FILE,
    "GET /pipeline/courted": _EXPORT,  # no park learns before the decision who else courts
    "POST /pipeline/courted": _LIST,
    "POST /pipeline/courted/{ruling}/reopen": _LIST,
    "GET /pipeline/{id}": _COURTED,
    "POST /pipeline/{id}": _FILE,
    "POST /pipeline/{id}/stage": _FILE,
    "POST /pipeline/{id}/filing": _FILE,
    "POST /pipeline/{id}/park": _LIST,
    "POST /pipeline/{id}/link": _LIST,
    # what was promised, and what came of it
    "GET /commitments": _FILED,
    "GET /commitments.xlsx": Rule(_EXPORTERS, own_park=True),
    "POST /commitments": _LIST,  # agreements from before, by the office
    "POST /commitments/workbook": _FILE,
    "GET /commitments/workbook/{key}.xlsx": _FILE,
    "GET /commitments/{id}": _FILED,
    "POST /commitments/{id}/actuals": _FILE,
    "POST /commitments/{id}/due": _LIST,
    "GET /api/v1/commitments": _FILED,
    # the review meeting; who sees what of it: `api.sight`
    "GET /sessions": _MEETING,
    "GET /sessions/{session_id}": _MEETING,
    "GET /sessions/{session_id}/minutes.docx": _RUN,
    "GET /sessions/{session_id}/minutes.pdf": _RUN,
    "GET /sessions/{session_id}/scores.xlsx": _RUN,
    "GET /sessions/{session_id}/scores.pdf": _RUN,
    "GET /reviews/{session_id}/{case_id}/opinion.docx": _RUN,
    "GET /reviews/{session_id}/{case_id}/opinion.pdf": _RUN,
    "GET /api/v1/sessions": _MEETING,
    "GET /api/v1/sessions/{session_id}": _MEETING,
    "POST /sessions": _RUN,
    "POST /sessions/demo": _RUN,
    "POST /sessions/{session_id}/{step}": _RUN,
    "GET /reviews/{session_id}/{case_id}": _MEETING,
    "POST /reviews/{session_id}/{case_id}/card": _JUDGE,
    "POST /reviews/{session_id}/{case_id}/submit": _JUDGE,
    "POST /reviews/{session_id}/{case_id}/recuse": _SPEAK,
    "POST /reviews/{session_id}/{case_id}/reply": _SPEAK,
    "POST /reviews/{session_id}/{case_id}/vote": _JUDGE,
    "POST /reviews/{session_id}/{case_id}/decide": _DECIDE,
    "POST /reviews/{session_id}/{case_id}/appeal": _APPEAL,
    "POST /reviews/{session_id}/{case_id}/answer": _DECIDE,
    # data in, kept and brought back
    "GET /guide": _SETUP,
    "GET /guide.xlsx": _SETUP,
    "GET /template.xlsx": _SETUP,
    "POST /guide/check": _FACTS,
    "GET /guide/check/{key}": _FACTS,
    "GET /guide/check/{key}.xlsx": _FACTS,
    "POST /guide/import": _FACTS,
    "POST /guide/undo": _FACTS,
    "POST /guide/backup": _ADMIN,
    "POST /guide/restore": _ADMIN,
    "GET /guide/backups/{name}": _ADMIN,
    "POST /blank": _SETUP,
    # who did what
    "GET /audit": _AUDIT,
    "GET /audit.xlsx": _AUDIT,
    "GET /api/v1/audit": _AUDIT,
    # the same answers as JSON
    "GET /api/v1/gaps": _READ,
    "GET /api/v1/rank": _READ,
    "GET /api/v1/explain": _READ,
    "GET /api/v1/chains/{chain_id}/map": _READ,
    "GET /api/v1/nodes/{label}": _READ,
    "GET /api/v1/entities/{label}/{id:path}": _READ_OWN,
    "GET /api/v1/search": _READ,
    "GET /api/v1/neighbourhood/{label}/{id:path}": _READ,
    "GET /api/v1/stats": _READ,
    "GET /api/v1/fit": _READ,
    "GET /api/v1/parks/{park_id:path}": _READ_OWN,
    "GET /api/v1/landing": _READ,
    "GET /api/v1/outage": _READ,
    "GET /api/v1/flows": _READ,
    "GET /api/v1/compare": _READ,
    "GET /api/v1/heat": _READ,
    "GET /api/v1/readiness": _SETUP,
    "GET /api/v1/shortlist": _LIST_READ,
    "GET /api/v1/applications": _FILED,
    "GET /api/v1/pipeline": _COURTED,
    "GET /api/v1/pipeline/courted": _EXPORT,
    "POST /api/v1/surveys": _FACTS,
    "POST /api/v1/imports": _FACTS,
}


@cache
def rights_of(roles: frozenset[Role]) -> frozenset[str]:
    """The routes somebody with these roles may ask."""
    return frozenset(route for route, rule in POLICY.items() if rule.allows(roles))


def markdown() -> str:
    """The table for readers: a row for each route, a column for each role."""
    roles = list(Role)
    lines = [
        f"| 路由 route | 未登录 | {' | '.join(roles)} |",
        "|---|---|" + "---|" * len(roles),
    ]
    for route, rule in POLICY.items():
        marks = ["√" if rule.public else ""]
        for role in roles:
            own = rule.own_park and role is Role.PARK
            marks.append("本园" if own else "√" if rule.allows(frozenset({role})) else "")
        lines.append(f"| `{route}` | {' | '.join(marks)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())
