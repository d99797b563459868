from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.routing import APIRoute
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from api.app import VERSIONED, create_app
from core.config import Settings
from state.base import Given


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


def test_the_document_is_valid_its_defaults_and_examples_included(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    wrong = [f"{error.message}: {error.schema}" for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert not wrong


def test_every_operation_has_one_tag_and_every_tag_a_sentence(document: dict[str, Any]) -> None:
    operations = [each for many in document["paths"].values() for each in many.values()]
    assert all(len(operation["tags"]) == 1 for operation in operations)
    described = [tag["name"] for tag in document["tags"]]
    assert set(described) == {operation["tags"][0] for operation in operations}
    assert len(described) == len(set(described))
    assert all(tag["description"].endswith(".") for tag in document["tags"])


def test_a_change_has_no_defaults_that_a_generated_client_would_send(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        if "patch" in operations:
            (content,) = operations["patch"]["requestBody"]["content"].values()
            fields = schemas[content["schema"]["$ref"].rpartition("/")[2]]["properties"]
            sent = {
                name: field["default"] for name, field in fields.items() if field.get("default") is not None
            }
            assert not sent, path


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


def test_every_document_from_outside_tells_numbers_from_booleans() -> None:
    routes = [route for module in VERSIONED for route in module.router.routes if isinstance(route, APIRoute)]
    bodies = [body.field_info.annotation for route in routes for body in route.dependant.body_params]
    models = {model for body in bodies for model in _models_in(body)}
    numeric = {
        model
        for model in models
        for field in model.model_fields.values()
        if {int, float, bool} & set(_types_in(field.annotation))
    }
    assert len(numeric) > 20
    assert {model.__name__ for model in numeric if not issubclass(model, Given)} == set()


def _types_in(annotation: Any) -> Iterator[Any]:
    yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for each in _types_in(annotation):
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
            for field in each.model_fields.values():
                yield from _models_in(field.annotation)
