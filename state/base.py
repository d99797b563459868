"""The model every travelling type is made of."""

import json
from typing import Annotated, Any, Self, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    SecretStr,
)
from pydantic_core import PydanticCustomError, core_schema

# JSON forms are what the state of the graph and the database hold; models are what code works with.
JsonObject = dict[str, Any]

Percent = Annotated[float, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]


def _twelve(values: list[float]) -> list[float]:
    if len(values) != 12:
        raise ValueError(f"needs twelve values, January to December; got {len(values)}")
    return values


Monthly = Annotated[list[float], AfterValidator(_twelve)]
MonthlyNonNegative = Annotated[list[NonNegative], AfterValidator(_twelve)]

DEEPEST = 20
"""Levels of free JSON; pydantic writes no more than 255."""


def is_readable(value: object) -> bool:
    """Whether every text in a JSON value or a secret can be written as UTF-8: a lone half of a pair cannot."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _readable(value: object) -> object:
    if _nested(value, deeper_than=DEEPEST):
        raise ValueError(f"must not be nested more than {DEEPEST} deep")
    if not is_readable(value):
        raise ValueError("must hold valid Unicode characters only")
    return value


def _nested(value: object, *, deeper_than: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(deeper_than == 0 or _nested(each, deeper_than=deeper_than - 1) for each in inner)


Readable = AfterValidator(_readable)
"""For free JSON, secrets and texts of any length, into which pydantic does not look; a text with limits it reads."""


class _Document(JsonObject):
    """A JSON form that knows the model it was made of; a document is never changed, only replaced."""

    __slots__ = ("read",)
    read: "Model"


class Model(BaseModel):
    """Immutable, refuses unknown fields, never holds NaN or Infinity."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def to_json(self) -> JsonObject:
        """The form that is checkpointed and stored: plain JSON types only."""
        document = _Document(self.model_dump(mode="json"))
        document.read = self
        return document

    @classmethod
    def from_json(cls, document: JsonObject) -> Self:
        """The model behind a document of the state.

        Several nodes read the same document, and one of the weather takes longer to validate than a node takes to
        work: of what `to_json` has made the model is at hand, what came out of a checkpoint is validated each time.
        """
        known = getattr(document, "read", None)
        return known if type(known) is cls else cls.model_validate(document)


def _a_number(value: object) -> object:
    if isinstance(value, bool | str):
        raise PydanticCustomError("float_type", "must be a number")
    return value


def _strict(schema: Any) -> Any:  # noqa: ANN401  pydantic's own, of many shapes
    """The schema, strict where JSON tells types apart: pydantic takes `true` and `"1"` for 1, and `"yes"` for true."""
    if isinstance(schema, dict):
        if schema.get("type") == "bool":
            return {**schema, "strict": True}
        inner = {key: _strict(value) for key, value in schema.items()}
        if schema.get("type") in {"float", "int"} and "ref" not in schema:
            return core_schema.no_info_before_validator_function(_a_number, cast("Any", inner))
        return inner
    return [_strict(each) for each in schema] if isinstance(schema, list) else schema


class Given(Model):
    """A document from outside: a number in it is a number, and true is true."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> Any:  # noqa: ANN401
        schema = handler(source)
        fields: Any = schema
        while "fields" not in fields and "schema" in fields:
            fields = fields["schema"]
        for field in fields.get("fields", {}).values():
            field["schema"] = _strict(field["schema"])
        return schema


__all__ = [
    "AwareDatetime",
    "Fraction",
    "JsonObject",
    "Model",
    "Monthly",
    "MonthlyNonNegative",
    "NonNegative",
    "Percent",
    "Positive",
    "Readable",
    "is_readable",
]
