"""The OpenAPI document as clients need it: examples, the media type of problems, the credentials of each route."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI

from api.access import PREFIX, RULES
from api.credentials import SCHEMES
from api.examples import EXAMPLES
from api.problems import MEDIA_TYPE, RESPONSES

TOKEN_OR_KEY: list[dict[str, list[str]]] = [{"AccessToken": []}, {"ApiKey": []}]

TAGS = {
    "auth": "Logging in, carrying a login on, ending it.",
    "users": "Who may log in, for administrators.",
    "api keys": "Keys for programs that ask in one's name.",
    "jobs": "Jobs from start to completion: questions, results, timeline, live events.",
    "weather": "Forecasts, alerts, planned visits and uploaded weather files.",
    "immediate": "Sizing and triage at once, stored nowhere.",
    "equipment": "What can be built with: modules, inverters, batteries, price books.",
    "places": "Where an address is.",
    "technicians": "Who can be sent, and when they are away.",
    "webhooks": "Other systems that are told what happens, and what became of the messages.",
    "system": "How the service itself is.",
}


class DescribedApplication(FastAPI):
    """FastAPI, whose document says of each route what its own generator cannot know."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            super().openapi()["components"]["securitySchemes"] = SCHEMES
            for path, operations in super().openapi()["paths"].items():
                for method, operation in operations.items():
                    _describe(f"{method.upper()} {path.removeprefix(PREFIX)}", operation)
        return super().openapi()


def _describe(route: str, operation: dict[str, Any]) -> None:
    rule = RULES[route]
    operation["security"] = [] if rule.open else TOKEN_OR_KEY[: 2 if rule.scope else 1]
    _without_null(operation.get("parameters", ()))
    for group in RESPONSES:
        if problem := operation["responses"].get(group):
            problem["content"] = {MEDIA_TYPE: next(iter(problem["content"].values()))}
    if examples := EXAMPLES.get(route):
        (content,) = operation["requestBody"]["content"].values()
        content["examples"] = {summary: {"value": value} for summary, value in examples.items()}


def _without_null(parameters: Iterable[dict[str, Any]]) -> None:
    """A parameter that may be left out is not one that may be null: a header or a query has no such thing."""
    for parameter in parameters:
        choices = parameter["schema"].get("anyOf", [])
        if {"type": "null"} in choices:
            left = [choice for choice in choices if choice != {"type": "null"}]
            del parameter["schema"]["anyOf"]
            parameter["schema"] |= left[0] if len(left) == 1 else {"anyOf": left}
