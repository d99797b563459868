import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from core.errors import FieldError, InvalidInput, PayloadTooLarge
from core.validation import MAX_DOCUMENT_BYTES, Fault, invalid_request, json_pointer, parse_job_input
from state.job import JobInput

NAIROBI = {"kind": "sizing", "site": {"latitude": -1.27, "longitude": 36.84}}


def refused(data: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse_job_input(data)
    return {error.pointer: error.message for error in caught.value.errors}


def test_the_same_job_comes_from_bytes_text_and_parsed_json() -> None:
    text = json.dumps(NAIROBI)
    job = parse_job_input(NAIROBI)
    assert job.site.latitude == -1.27
    assert parse_job_input(text) == parse_job_input(text.encode()) == job


def test_a_byte_order_mark_is_no_offence() -> None:
    assert parse_job_input(json.dumps(NAIROBI).encode("utf-8-sig")) == parse_job_input(NAIROBI)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"kind": "sizing",\n "site"}', "is not JSON: Expecting ':' delimiter at line 2, column 8"),
        (b"", "is not JSON: Expecting value at line 1, column 1"),
        (b'{"kind": "\xff"}', "is not UTF-8 text: wrong byte at position 10"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"kind": "full", "site": {"latitude": 1, "latitude": 2}}', "gives 'latitude' twice in one object"),
        ('{"kind": ' + "9" * 5_000 + "}", "holds a number with too many digits"),
        ("[1]", "must be an object"),
        ("null", "must be an object"),
    ],
    ids=["syntax", "empty", "encoding", "depth", "twice", "digits", "list", "null"],
)
def test_a_document_that_is_no_job_is_refused_as_a_whole(data: bytes | str, message: str) -> None:
    assert refused(data) == {"": message}


def test_ten_megabytes_are_refused_before_they_are_parsed() -> None:
    with pytest.raises(PayloadTooLarge, match=str(MAX_DOCUMENT_BYTES)):
        parse_job_input(b"[" * 10_000_000)


def test_every_offence_is_named_by_its_pointer() -> None:
    document = {
        "kind": "size",
        "site": {"latitude": 95, "longitude": "east", "timezone": "Mars/Olympus"},
        "demand": {"appliances": [{"name": "Fridge", "a/b~c": 1}], "monthly_kwh": [1, 2]},
        "schedule": {"earliest": "2026-03-02T08:00:00"},
        "array": {"strings": []},
        "resource": {"peak_sun_hours": float("inf")},
        "colour": "red",
    }
    assert refused(document) == {
        "/kind": "must be 'sizing', 'triage' or 'full'",
        "/site/latitude": "must be at most 90; are latitude and longitude swapped?",
        "/site/longitude": "must be a number",
        "/site/timezone": "'Mars/Olympus' is not an IANA time zone, such as Africa/Nairobi",
        "/demand/appliances/0/hours_per_day": "is required",
        "/demand/appliances/0/a~1b~0c": "is not a known field",
        "/demand/monthly_kwh": "needs twelve values, January to December; got 2",
        "/schedule/earliest": "must state its offset from UTC, such as 2026-03-02T08:00:00+03:00",
        "/array/strings": "is too short: 0, at least 1",
        "/resource/peak_sun_hours": "must be a finite number",
        "/colour": "is not a known field",
    }


def test_not_a_number_is_refused_where_it_stands() -> None:
    text = '{"kind": "full", "site": {"latitude": NaN, "longitude": 1e999}}'
    assert refused(text) == {
        "/site/latitude": "must be a finite number",
        "/site/longitude": "must be a finite number",
    }


def test_a_wrong_figure_in_a_datasheet_is_not_also_a_wrong_name() -> None:
    module = {"manufacturer": "M", "model": "X", "v_oc_v": 49_500}
    found = refused({**NAIROBI, "equipment": {"module": module}})
    assert found["/equipment/module/v_oc_v"] == "must be at most 500; is it in mV? It would be 49.5"
    assert found["/equipment/module/p_mp_w"] == "is required"
    assert all(pointer.startswith("/equipment/module/") for pointer in found)


def test_an_empty_name_is_not_also_a_wrong_datasheet() -> None:
    assert refused({**NAIROBI, "equipment": {"inverter": ""}}) == {
        "/equipment/inverter": "must have at least 1 character(s)"
    }


def test_what_is_neither_name_nor_datasheet_is_told_both_forms() -> None:
    assert refused({**NAIROBI, "equipment": {"module": 5, "battery": ["x"]}}) == {
        "/equipment/module": "must be an object or a text",
        "/equipment/battery": "must be an object or a text",
    }


def test_a_thousand_offences_are_counted_rather_than_listed() -> None:
    found = refused({**NAIROBI, **{f"x{n}": n for n in range(1_000)}})
    assert len(found) == 51
    assert found[""] == "and 950 more"


def test_pointers_into_a_request_body_are_as_in_the_document() -> None:
    faults: list[Fault] = [
        {"type": "extra_forbidden", "loc": ("body", "site", "lat"), "msg": "…", "input": 1},
        {"type": "greater_than_equal", "loc": ("query", "limit"), "msg": "…", "input": 0, "ctx": {"ge": 1}},
        {"type": "missing", "loc": ("body",), "msg": "…", "input": None},
    ]
    assert [(error.pointer, error.message) for error in invalid_request(faults).errors] == [
        ("/site/lat", "is not a known field"),
        ("/query/limit", "must be at least 1"),
        ("", "is required"),
    ]


def test_broken_json_in_a_request_has_no_field_to_point_at() -> None:
    fault = {"type": "json_invalid", "loc": ("body", 17), "msg": "…", "ctx": {"error": "Expecting value"}}
    [error] = invalid_request([fault]).errors
    assert (error.pointer, error.message) == ("", "is not JSON: Expecting value")


def _fields(model: type[BaseModel]) -> set[str]:
    schema = model.model_json_schema()
    parts = [schema, *schema.get("$defs", {}).values()]
    return {name for part in parts for name in part.get("properties", {})}


def test_field_names_cannot_be_taken_for_labels_of_a_union() -> None:
    assert {"kind", "v_oc_v", "appliances"} <= _fields(JobInput)
    assert [
        name for name in _fields(JobInput) if not name.replace("_", "a").isalnum() or not name.islower()
    ] == []


_anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(sorted(JobInput.model_fields)), value=_anything)
def test_whatever_a_field_holds_the_answer_is_a_job_or_a_refusal_that_points_into_the_document(
    field: str, value: Any
) -> None:
    errors: tuple[FieldError, ...] = ()
    try:
        parse_job_input({**NAIROBI, field: value})
    except InvalidInput as error:
        errors = error.errors or (FieldError("/nothing", "was named"),)
    for each in errors:
        assert each.pointer == f"/{field}" or each.pointer.startswith(f"/{field}/")
        assert each.message


@given(st.lists(st.text() | st.integers(min_value=0)))
def test_a_pointer_leads_back_to_its_parts(parts: list[str | int]) -> None:
    tokens = json_pointer(*parts).split("/")[1:]
    assert [token.replace("~1", "/").replace("~0", "~") for token in tokens] == [str(part) for part in parts]


def test_half_a_character_in_the_name_of_a_datasheet_is_refused_by_field() -> None:
    datasheet = {"manufacturer": "\ud800", "model": "M", "source": "\ud800"}
    with pytest.raises(InvalidInput) as refused:
        parse_job_input({"kind": "sizing", "equipment": {"module": datasheet}})
    halves = {fault.pointer for fault in refused.value.errors if "Unicode" in fault.message}
    assert halves == {"/equipment/module/manufacturer", "/equipment/module/source"}
