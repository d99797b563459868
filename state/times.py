"""Times as people and programs write them. Pydantic alone would take a number for seconds since 1970, or midnight."""

from datetime import datetime, time
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError


def _written_out(value: object) -> object:
    if value is None or isinstance(value, datetime) or (isinstance(value, str) and value.count("-") > 1):
        return value
    raise PydanticCustomError("datetime_type", "must be a date and time with its offset")


def _of_a_clock(value: object) -> object:
    if isinstance(value, time) or (isinstance(value, str) and ":" in value):
        return value
    raise ValueError("must be a time of day, such as 07:30")


def _of_the_place(value: time) -> time:
    if value.tzinfo is not None:
        raise ValueError("must be without an offset: it is by the clock of the place")
    return value.replace(fold=0)  # which of two hours is meant, a working day does not say


GivenTime = Annotated[AwareDatetime, BeforeValidator(_written_out)]
"""A moment in a document from outside."""

LocalTime = Annotated[
    time,
    BeforeValidator(_of_a_clock),
    AfterValidator(_of_the_place),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$",
            "description": "By the clock of the place, such as `07:30`.",
        }
    ),
]
"""A time of day. The format `time` of JSON Schema is one with an offset."""
