"""The form of every error answer (RFC 9457)."""

from state.base import Model


class Fault(Model):
    """One offending field: its RFC 6901 pointer into what was sent, and the reason."""

    pointer: str
    message: str


class Problem(Model):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[Fault] | None = None
