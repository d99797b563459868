"""The form of every error answer (RFC 9457)."""

from pydantic import ConfigDict

from state.base import Model


class Fault(Model):
    """One offending field: its RFC 6901 pointer into what was sent, and the reason."""

    pointer: str
    message: str


class Problem(Model):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:solarsync:problem:invalid-input",
                    "title": "Invalid input",
                    "status": 422,
                    "detail": "/site/latitude: must be at most 90; are latitude and longitude swapped?",
                    "instance": "/api/v1/jobs",
                    "request_id": "0199f0a2-7c1e-7d53-9c51-2f4f7f0f5b11",
                    "errors": [
                        {
                            "pointer": "/site/latitude",
                            "message": "must be at most 90; are latitude and longitude swapped?",
                        }
                    ],
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[Fault] | None = None
