from typing import Any

import pytest

from api.app import create_app
from core.config import Settings


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return create_app(Settings(_env_file=None)).openapi()


def test_every_versioned_route_tells_of_problems_in_their_own_media_type(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        if path.startswith("/api/v1"):
            for operation in operations.values():
                for group in ("4XX", "5XX"):
                    content = operation["responses"][group]["content"]
                    assert content == {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    }
                assert "422" not in operation["responses"]


def test_every_route_has_a_sentence_and_every_operation_an_id_of_its_own(document: dict[str, Any]) -> None:
    operations = [each for many in document["paths"].values() for each in many.values()]
    assert all(operation.get("description") for operation in operations)
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))


def test_a_parameter_may_be_left_out_and_is_never_null(document: dict[str, Any]) -> None:
    operations = [each for many in document["paths"].values() for each in many.values()]
    parameters = [each for operation in operations for each in operation.get("parameters", ())]
    assert not [each["name"] for each in parameters if {"type": "null"} in each["schema"].get("anyOf", [])]
    (key, *_) = [each for each in parameters if each["name"] == "Idempotency-Key"]
    assert (key["required"], key["schema"]["type"], key["schema"]["maxLength"]) == (False, "string", 255)


def test_the_job_input_is_described_whole(document: dict[str, Any]) -> None:
    fields = set(document["components"]["schemas"]["JobInput"]["properties"])
    assert fields == {
        "kind", "description", "system_type", "site", "customer", "demand", "roof", "array", "equipment",
        "electrical", "storage", "resource", "economics", "ticket", "schedule",
    }  # fmt: skip
