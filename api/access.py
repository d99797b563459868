"""Who may do what: every route's rule, in one table. A route that is not in it stops the start.

A key of a program is held to its user's role and to the scope of the rule; where a rule names no scope, no key
may. Whether a job is one's own is asked of the database, with the job itself; what is not is answered 404.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from core.database.api_keys import Scope
from core.database.models import Role
from core.database.users import Viewer
from core.errors import AuthenticationFailed, ConfigurationError, Forbidden

PREFIX = "/api/v1"
"""Of every route but the few that operators and monitors ask; rules leave it out."""


class Who(StrEnum):
    EVERYBODY = "everybody"
    """Also those who have not logged in."""
    USER = "user"
    """Whoever has logged in, or holds a key."""
    OF_THE_JOB = "of the job"
    """Who made the job, the technician it is assigned to, dispatchers; to others it does not exist."""
    OF_THE_TECHNICIAN = "of the technician"
    """That technician, dispatchers; to others it does not exist."""
    OWNER = "owner"
    """Only whose it is; to others, administrators included, it does not exist."""
    DISPATCHER = "dispatcher"
    ADMIN = "admin"


ROLES: dict[Who, frozenset[Role]] = {
    Who.DISPATCHER: frozenset({Role.DISPATCHER, Role.ADMIN}),
    Who.ADMIN: frozenset({Role.ADMIN}),
}
"""Who of the users; all of them where nothing is said here."""


@dataclass(frozen=True, slots=True)
class Rule:
    who: Who
    scope: Scope | None = None

    @property
    def open(self) -> bool:
        return self.who is Who.EVERYBODY

    def admit(self, viewer: Viewer | None) -> None:
        """Raise where `viewer` may not; 401 for nobody, 403 for somebody whom another role would let in."""
        if self.open:
            return
        if viewer is None:
            raise AuthenticationFailed
        if viewer.role not in ROLES.get(self.who, Role):
            raise Forbidden
        if viewer.scopes is not None and self.scope is None:
            raise Forbidden("A key may not do this: log in.")
        if viewer.scopes is not None and self.scope not in viewer.scopes:
            raise Forbidden(f"This key lacks the scope {self.scope}.")


RULES: dict[str, Rule] = {
    "POST /auth/token": Rule(Who.EVERYBODY),
    "POST /auth/refresh": Rule(Who.EVERYBODY),
    "POST /auth/logout": Rule(Who.USER),
    "POST /auth/password": Rule(Who.USER),
    "GET /auth/me": Rule(Who.USER, Scope.JOBS_READ),
    "POST /users": Rule(Who.ADMIN),
    "GET /users": Rule(Who.ADMIN),
    "GET /users/{user_id}": Rule(Who.ADMIN),
    "PATCH /users/{user_id}": Rule(Who.ADMIN),
    "POST /api-keys": Rule(Who.USER),
    "GET /api-keys": Rule(Who.USER),
    "DELETE /api-keys/{key_id}": Rule(Who.OWNER),
    "POST /jobs": Rule(Who.USER, Scope.JOBS_WRITE),
    "GET /jobs": Rule(Who.USER, Scope.JOBS_READ),
    "GET /jobs/{job_id}": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "POST /jobs/{job_id}/resume": Rule(Who.OF_THE_JOB, Scope.JOBS_WRITE),
    "POST /jobs/{job_id}/cancel": Rule(Who.OF_THE_JOB, Scope.JOBS_WRITE),
    "POST /jobs/{job_id}/retry": Rule(Who.OF_THE_JOB, Scope.JOBS_WRITE),
    "GET /jobs/{job_id}/result": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/results": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/runs": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/state": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/timeline": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/events": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "POST /jobs/{job_id}/complete": Rule(Who.OF_THE_JOB, Scope.JOBS_WRITE),
    "POST /jobs/{job_id}/override": Rule(Who.DISPATCHER, Scope.JOBS_WRITE),
    "POST /jobs/{job_id}/refresh": Rule(Who.OF_THE_JOB, Scope.JOBS_WRITE),
    "GET /jobs/{job_id}/weather": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /jobs/{job_id}/forecast": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "POST /weather/refresh": Rule(Who.DISPATCHER, Scope.SYSTEM),
    "GET /alerts": Rule(Who.USER, Scope.JOBS_READ),
    "GET /schedule": Rule(Who.USER, Scope.JOBS_READ),
    "GET /system/dead-letters": Rule(Who.DISPATCHER, Scope.SYSTEM),
    "POST /system/dead-letters/{delivery_id}/redeliver": Rule(Who.DISPATCHER, Scope.SYSTEM),
    "GET /system/state": Rule(Who.DISPATCHER, Scope.SYSTEM),
    "GET /jobs/{job_id}/completion": Rule(Who.OF_THE_JOB, Scope.JOBS_READ),
    "GET /system/hit-rate": Rule(Who.DISPATCHER, Scope.SYSTEM),
    "POST /sizing": Rule(Who.USER, Scope.DESIGN),
    "POST /triage": Rule(Who.USER, Scope.DESIGN),
    "POST /weather-files": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/modules": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/inverters": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/batteries": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/charge-controllers": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/appliances": Rule(Who.USER, Scope.DESIGN),
    "GET /equipment/price-books": Rule(Who.USER, Scope.DESIGN),
    "GET /places": Rule(Who.USER, Scope.DESIGN),
    "POST /technicians": Rule(Who.DISPATCHER, Scope.TECHNICIANS_WRITE),
    "GET /technicians": Rule(Who.USER, Scope.TECHNICIANS_READ),
    "GET /technicians/{technician_id}": Rule(Who.USER, Scope.TECHNICIANS_READ),
    "PATCH /technicians/{technician_id}": Rule(Who.DISPATCHER, Scope.TECHNICIANS_WRITE),
    "POST /technicians/{technician_id}/leave": Rule(Who.DISPATCHER, Scope.TECHNICIANS_WRITE),
    "GET /technicians/{technician_id}/leave": Rule(Who.OF_THE_TECHNICIAN, Scope.TECHNICIANS_READ),
    "DELETE /technicians/{technician_id}/leave/{leave_id}": Rule(Who.DISPATCHER, Scope.TECHNICIANS_WRITE),
    "POST /webhooks": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "GET /webhooks": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "GET /webhooks/{webhook_id}": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "PATCH /webhooks/{webhook_id}": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "DELETE /webhooks/{webhook_id}": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "GET /webhooks/{webhook_id}/deliveries": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "POST /webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": Rule(Who.DISPATCHER, Scope.WEBHOOKS),
    "GET /health/live": Rule(Who.EVERYBODY),
    "GET /health/ready": Rule(Who.EVERYBODY),
    "GET /metrics": Rule(Who.EVERYBODY),
    "GET /version": Rule(Who.EVERYBODY),
}


def rule_of(method: str, route: APIRoute) -> Rule:
    return RULES[f"{method} {route.path}"]


def methods_at(path: str) -> list[str]:
    """The methods of all routes at the path of a request."""
    path = path.removeprefix(PREFIX)
    return sorted(method for method, template in map(str.split, RULES) if _pattern(template).match(path))


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return compile_path(template)[0]


def check_rules(routers: Iterable[APIRouter]) -> None:
    """Raise `ConfigurationError` where a route has no rule, or a rule no route."""
    routes = {
        f"{method} {route.path}"
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    problems = [f"{route} has no rule in api.access" for route in sorted(routes - RULES.keys())]
    problems += [f"{rule} is a rule of no route" for rule in sorted(RULES.keys() - routes)]
    if problems:
        raise ConfigurationError(problems)
