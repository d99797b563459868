"""Documents from outside, as models; what is wrong with them, in words and by RFC 6901 pointer.

HTTP, the command line and the graph's own intake refuse the same document with the same words.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from pydantic import ValidationError

from core.errors import FieldError, InvalidInput, PayloadTooLarge
from state.job import JobInput

MAX_DOCUMENT_BYTES = 1_000_000
"""A job with all its appliances, planes and ticket text stays far below."""
MAX_ERRORS = 50
"""More than this helps nobody; the last entry says how many were left out."""

Fault = Mapping[str, Any]
"""One entry of pydantic's `ValidationError.errors()`: type, loc, msg, ctx."""


def parse_job_input(data: bytes | str | Mapping[str, Any]) -> JobInput:
    """The job in a JSON document, or in what was parsed from one.

    Raises
    ------
    InvalidInput
        The document is not JSON (pointer "", with line and column), or fields are unknown, missing or of the
        wrong kind; all of them are named.
    PayloadTooLarge
        It is longer than `MAX_DOCUMENT_BYTES`.
    """
    document = _parsed(data) if isinstance(data, bytes | str) else data
    try:
        return JobInput.model_validate(document)
    except ValidationError as error:
        raise validation_errors(error) from None


def validation_errors(error: ValidationError) -> InvalidInput:
    """What pydantic found, in our words."""
    return _refusal(error.errors(include_url=False), ())


def invalid_request(faults: Sequence[Fault]) -> InvalidInput:
    """What FastAPI found in a request. Pointers into the body are as in the document itself."""
    return _refusal(faults, ("body",))


def json_pointer(*parts: str | int) -> str:
    """RFC 6901: the path to a value in a document; "" is the document itself."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _parsed(data: bytes | str) -> Any:  # noqa: ANN401  any JSON, until it is validated
    if len(data) > MAX_DOCUMENT_BYTES:
        raise PayloadTooLarge(f"The document is {len(data)} long; a job is at most {MAX_DOCUMENT_BYTES}.")
    try:
        # A byte order mark is what some editors leave at the front.
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        return json.loads(text, object_pairs_hook=_without_repetition)
    except UnicodeDecodeError as error:
        _refuse(f"is not UTF-8 text: wrong byte at position {error.start}")
    except json.JSONDecodeError as error:
        _refuse(f"is not JSON: {error.msg} at line {error.lineno}, column {error.colno}")
    except RecursionError:
        _refuse("is nested too deeply")
    except ValueError as error:  # a repeated name, or more digits than Python converts
        _refuse(str(error) if isinstance(error, _RepeatedName) else "holds a number with too many digits")


class _RepeatedName(ValueError):
    pass


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which no name comes twice: of two values, one would be lost without a word."""
    members = dict(pairs)
    if len(members) < len(pairs):
        [(name, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise _RepeatedName(f"gives {name!r} twice in one object")
    return members


def _refuse(message: str) -> NoReturn:
    raise InvalidInput([FieldError("", message)], f"The document {message}.")


def _refusal(faults: Iterable[Fault], prefix: tuple[str, ...]) -> InvalidInput:
    errors = list(dict.fromkeys(_field_errors(faults, prefix)))
    left_out = len(errors) - MAX_ERRORS
    if left_out > 0:
        errors[MAX_ERRORS:] = [FieldError("", f"and {left_out} more")]
    return InvalidInput(errors)


def _field_errors(faults: Iterable[Fault], prefix: tuple[str, ...]) -> Iterable[FieldError]:
    """One error per fault; of a union, only the faults of the branch that the value was meant for.

    Pydantic reports every branch that a value failed, each under a label in the location: a datasheet with a
    wrong figure also "should be a valid string". A branch whose form does not fit at all was not meant; where
    none fits, the forms that would are named together.
    """
    by_place: dict[tuple[str | int, ...], dict[str | int, list[Fault]]] = {}
    for fault in faults:
        location = tuple(fault["loc"])
        if location[: len(prefix)] == prefix:
            location = location[len(prefix) :]
        at = next((i for i, part in enumerate(location) if _is_branch(part, location[i:], fault)), None)
        if at is None:
            yield FieldError(_pointer(location, fault), _message(fault))
        else:
            meant = {**fault, "loc": location[:at] + location[at + 1 :]}
            by_place.setdefault(location[:at], {}).setdefault(location[at], []).append(meant)
    for place, branches in by_place.items():
        fitting = [branch for branch in branches.values() if not _has_wrong_form(branch, place)]
        if not fitting:
            forms = (_message(branch[0]).removeprefix("must be ") for branch in branches.values())
            yield FieldError(json_pointer(*place), "must be " + " or ".join(forms))
        for branch in fitting:
            yield from _field_errors(branch, ())


def _is_branch(part: str | int, rest: tuple[str | int, ...], fault: Fault) -> bool:
    """Whether a part of a location labels a branch of a union. Our own fields are lower_snake_case, or dotted."""
    names_a_field = len(rest) == 1 and fault["type"] in {"missing", "extra_forbidden"}
    return isinstance(part, str) and not names_a_field and not re.fullmatch(r"[a-z][a-z0-9_.]*", part)


def _has_wrong_form(faults: Sequence[Fault], place: tuple[str | int, ...]) -> bool:
    return any(tuple(fault["loc"]) == place and fault["type"].endswith("_type") for fault in faults)


def _pointer(location: tuple[str | int, ...], fault: Fault) -> str:
    # FastAPI puts the position of a syntax error where the field would be.
    return "" if fault["type"] == "json_invalid" else json_pointer(*location)


A_TIME = "2026-03-02T08:00:00+03:00"
MESSAGES = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "datetime_from_date_parsing": f"must be a date and time with its offset, such as {A_TIME}",
    "datetime_parsing": f"must be a date and time with its offset, such as {A_TIME}",
    "datetime_type": f"must be a date and time with its offset, such as {A_TIME}",
    "extra_forbidden": "is not a known field",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt:.15g}",
    "greater_than_equal": "must be at least {ge:.15g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "json_invalid": "is not JSON: {error}",
    "less_than": "must be less than {lt:.15g}",
    "less_than_equal": "must be at most {le:.15g}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "missing": "is required",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} character(s)",
    "string_type": "must be a text",
    "string_unicode": "must be a text of valid Unicode characters",
    "timezone_aware": f"must state its offset from UTC, such as {A_TIME}",
    "too_long": "is too long: {actual_length}, at most {max_length}",
    "too_short": "is too short: {actual_length}, at least {min_length}",
    "value_error": "{error}",
}
"""Pydantic's kinds of fault, in words of ours; a kind that is not here keeps pydantic's."""


def _message(fault: Fault) -> str:
    words = MESSAGES.get(fault["type"])
    if words is not None:
        return words.format(**fault.get("ctx", {})) + _suspicion(fault)
    return str(fault["msg"]).replace("Input should be", "must be")


OTHER_UNITS: Mapping[str, Sequence[tuple[str, Callable[[float], float]]]] = {
    "_v": [("mV", lambda value: value / 1000)],
    "_a": [("mA", lambda value: value / 1000)],
    "_ah": [("mAh", lambda value: value / 1000)],
    "_w": [("mW", lambda value: value / 1000)],
    "_kwh": [("Wh", lambda value: value / 1000)],
    "_m": [("mm", lambda value: value / 1000)],
    "_m2": [("cm²", lambda value: value / 1e4), ("mm²", lambda value: value / 1e6)],
    "_pct": [("a fraction", lambda value: value * 100)],
    "_percent": [("a fraction", lambda value: value * 100)],
    "_c": [("°F", lambda value: (value - 32) / 1.8), ("K", lambda value: value - 273.15)],
}
"""By the ending of a field's name, the units that a figure out of bounds was perhaps given in."""


def _suspicion(fault: Fault) -> str:
    """What a figure that breaks a bound would be in another unit that keeps it; "" where none would."""
    field = str(fault["loc"][-1]) if fault["loc"] else ""
    value, ctx = fault.get("input"), fault.get("ctx", {})
    if isinstance(value, bool) or not isinstance(value, int | float) or not _bounds(ctx):
        return ""
    if field == "latitude" and abs(value) <= 180:
        return "; are latitude and longitude swapped?"
    ending = "_" + field.rpartition("_")[2]
    for unit, converted in OTHER_UNITS.get(ending, ()):
        if _keeps(converted(value), ctx):
            return f"; is it {unit if ' ' in unit else 'in ' + unit}? It would be {converted(value):.6g}"
    return ""


def _bounds(ctx: Mapping[str, Any]) -> bool:
    return any(bound in ctx for bound in ("le", "lt", "ge", "gt"))


def _keeps(value: float, ctx: Mapping[str, Any]) -> bool:
    high, low = ctx.get("le", ctx.get("lt", math.inf)), ctx.get("ge", ctx.get("gt", -math.inf))
    return bool(low < value < high)
