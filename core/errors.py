"""The errors of the product, each with a meaning; `api.problems` renders them as RFC 9457.

::

    SolarSyncError
    ├── DomainError              never retried: asking again gives the same answer
    │   ├── InvalidInput         422, names every offending field by JSON pointer
    │   ├── NotFound             404
    │   ├── Conflict             409, the present state does not allow it
    │   ├── AuthenticationFailed 401
    │   ├── Forbidden            403
    │   └── PayloadTooLarge      413
    ├── TransientError           may succeed when tried again
    │   ├── QueueFull            429
    │   ├── RateLimited          429, asked too often; says after how many seconds to ask again
    │   ├── ProviderUnavailable  502, an outside service failed or answered nonsense
    │   │   └── ModelUnavailable the language model, which nothing depends on
    │   ├── StorageUnavailable   503, Postgres or Redis cannot be reached
    │   ├── Overloaded           503, a request could not be carried out in the time it has
    │   ├── NodeTimedOut         504, a node took longer than its policy allows
    │   ├── RunTimedOut          504, a run took longer than any honest one
    │   └── VisitTaken           409, the technician was promised to another job meanwhile
    ├── CheckpointUnreadable     what is stored cannot be decoded; the run is rebuilt from its recorded input
    ├── StaleAttempt             a newer worker holds this run; the caller must stop, quietly
    └── ConfigurationError       start-up refuses; one line per problem
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

PROBLEM_BASE = "urn:solarsync:problem:"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One offending field: its RFC 6901 pointer into the input, and the reason."""

    pointer: str
    message: str


class SolarSyncError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or (type(self).__doc__ or "").strip().splitlines()[0]
        super().__init__(self.detail)

    @property
    def title(self) -> str:
        return self.slug.replace("-", " ").capitalize()

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 object; also what a failed run stores."""
        return {
            "type": PROBLEM_BASE + self.slug,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }


class DomainError(SolarSyncError):
    """The request cannot be carried out as it stands."""

    status = 400
    slug = "domain-error"


class InvalidInput(DomainError):
    """The input is invalid."""

    status = 422
    slug = "invalid-input"

    def __init__(self, errors: Sequence[FieldError], detail: str | None = None) -> None:
        self.errors = tuple(errors)
        super().__init__(detail or "; ".join(f"{e.pointer}: {e.message}" for e in self.errors) or None)

    def problem(self) -> dict[str, Any]:
        return super().problem() | {
            "errors": [{"pointer": e.pointer, "message": e.message} for e in self.errors]
        }


class NotFound(DomainError):
    """There is no such thing, or it is not yours to see."""

    status = 404
    slug = "not-found"


class Conflict(DomainError):
    """The present state does not allow this."""

    status = 409
    slug = "conflict"


class AuthenticationFailed(DomainError):
    """Log in first: the credentials are missing, wrong or expired."""

    status = 401
    slug = "authentication-failed"


class Forbidden(DomainError):
    """Your role does not allow this."""

    status = 403
    slug = "forbidden"


class PayloadTooLarge(DomainError):
    """The request body is larger than the service accepts."""

    status = 413
    slug = "payload-too-large"

    def problem(self) -> dict[str, Any]:
        """Of the whole document, hence the empty pointer."""
        return super().problem() | {"errors": [{"pointer": "", "message": self.detail}]}


class TransientError(SolarSyncError):
    """A passing failure; the same request may succeed later."""

    status = 503
    slug = "temporarily-unavailable"


class QueueFull(TransientError):
    """Too many jobs are waiting; try again in a little while."""

    status = 429
    slug = "queue-full"


class RateLimited(TransientError):
    """Too many requests; ask again later."""

    status = 429
    slug = "rate-limited"

    def __init__(self, retry_after: int, detail: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(detail or f"Too many requests; ask again in {retry_after} s.")

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class Overloaded(TransientError):
    """The service cannot carry this out in time now; try again in a little while."""

    status = 503
    slug = "overloaded"


class ProviderUnavailable(TransientError):
    """An outside provider failed or answered something unusable."""

    status = 502
    slug = "provider-unavailable"

    def __init__(self, provider: str, reason: str) -> None:
        self.provider = provider
        self.reason = reason
        super().__init__(f"{provider}: {reason}")


class ModelUnavailable(ProviderUnavailable):
    """The language model gave no answer; the work goes on without it."""

    def __init__(self, outcome: Literal["timed_out", "unavailable", "over_budget"], reason: str) -> None:
        self.outcome = outcome
        super().__init__("language model", reason)


class StorageUnavailable(TransientError):
    """PostgreSQL or Redis cannot be reached."""

    slug = "storage-unavailable"


class NodeTimedOut(TransientError):
    """A step of the workflow took longer than its policy allows."""

    status = 504
    slug = "node-timed-out"


class RunTimedOut(TransientError):
    """The run took too long."""

    status = 504
    slug = "run-timed-out"


class VisitTaken(TransientError):
    """Another job has the technician at that time; planned again, there will be another one."""

    status = 409
    slug = "visit-taken"


class CheckpointUnreadable(SolarSyncError):
    """A stored checkpoint is damaged, incomplete or of an unknown format."""

    slug = "checkpoint-unreadable"


class StaleAttempt(SolarSyncError):
    """A newer attempt holds this run; nothing more may be written for it."""

    status = 409
    slug = "stale-attempt"


class ConfigurationError(SolarSyncError):
    """The configuration is wrong; one line per problem."""

    slug = "configuration"

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
