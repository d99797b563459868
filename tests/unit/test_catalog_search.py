"""Finding products: a name resolves or is refused with suggestions, a search forgives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalog import (
    find_battery,
    find_inverter,
    find_module,
    search_batteries,
    search_inverters,
    search_modules,
)
from core.catalog.search import title
from core.catalog.tables import inverters, modules
from core.errors import NotFound
from state.equipment import InverterDatasheet, ModuleDatasheet

MODULES = [entry.datasheet for entry in modules()]
INVERTERS = [entry.datasheet for entry in inverters()]


@pytest.mark.parametrize(
    "name", ["LR5-72HPH-545M", "longi solar LR5-72HPH-545M", " lr5 72hph 545m ", "LR5_72HPH_545M"]
)
def test_a_name_resolves_whatever_its_case_and_punctuation(name: str) -> None:
    assert find_module(name).model == "LR5-72HPH-545M"


def test_a_product_also_resolves_by_its_other_names() -> None:
    assert find_module("CS6W-545MB-AG").model == "CS6W-545MB-AG 1500V"
    assert find_inverter("Sunny Boy 4.0").model == "SB4.0-1AV-41"
    assert find_battery("EG4-LL-S").model == "LL-S"


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(NotFound) as refused:
        find_module("Longi LR5-72HPH-540M")
    assert refused.value.detail == (
        "unknown module 'Longi LR5-72HPH-540M'; "
        "did you mean 'LONGi Solar LR5-72HPH-545M', 'LONGi Solar LR5-72HBD-545M'?"
    )


def test_a_name_like_nothing_is_refused_without_a_suggestion() -> None:
    with pytest.raises(NotFound) as refused:
        find_battery("zzzzzz")
    assert refused.value.detail == "unknown battery 'zzzzzz'"


@pytest.mark.parametrize("name", ["", "?!", " "])
def test_a_name_without_a_letter_is_unknown(name: str) -> None:
    with pytest.raises(NotFound, match="unknown inverter"):
        find_inverter(name)


def test_a_monstrous_name_is_not_repeated_in_full() -> None:
    with pytest.raises(NotFound) as refused:
        find_module("x" * 10_000)
    assert len(refused.value.detail) < 300


def test_half_a_name_is_not_taken_for_the_whole() -> None:
    with pytest.raises(NotFound, match=r"did you mean 'GoodWe GW5048-EM'"):
        find_inverter("GW5048")


@given(st.sampled_from(MODULES), st.data())
def test_a_lost_character_still_finds_the_module(module: ModuleDatasheet, data: st.DataObject) -> None:
    name = title(module)
    lost = data.draw(st.integers(0, len(name) - 1))
    # Three, because three Jinko types differ by one digit.
    assert module in search_modules(name[:lost] + name[lost + 1 :], limit=3)


@given(st.sampled_from(INVERTERS), st.data())
def test_two_swapped_characters_still_find_the_inverter(
    inverter: InverterDatasheet, data: st.DataObject
) -> None:
    name = title(inverter)
    at = data.draw(st.integers(0, len(name) - 2))
    # Six, because six Azzurro types differ by one digit pair.
    assert inverter in search_inverters(name[:at] + name[at + 1] + name[at] + name[at + 2 :], limit=6)


@given(st.text(max_size=60), st.integers(0, 20))
def test_a_search_answers_any_text_and_never_more_than_asked(query: str, limit: int) -> None:
    assert len(search_modules(query, limit)) <= limit
    assert len(search_inverters(query, limit)) <= limit
    assert len(search_batteries(query, limit)) <= limit


def test_an_empty_search_lists_the_table_in_its_order() -> None:
    assert search_modules("", limit=3) == MODULES[:3]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("longi 545", "LONGi Solar LR5-72HPH-545M"),
        ("jinko 400", "Jinko Solar JKM400M-72HL-V"),
        ("trina 600w", "Trina Solar TSM-600DE20"),
        ("canadain solar 440", "Canadian Solar CS3W-440MB-AG 1500V"),
    ],
)
def test_a_technicians_words_find_the_module(query: str, first: str) -> None:
    assert title(search_modules(query)[0]) == first


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("deye 5k", "Deye SUN-5K-SG04LP3"),
        ("goodwe 5048", "GoodWe GW5048-EM"),
        ("zcs 5000", "ZCS Azzurro 1PH 5000-TLM-V3"),
        ("sunny boy 4", "SMA SB4.0-1AV-41"),
        ("sungrow hybrid", "Sungrow SH5K-20"),
        ("off grid 6 kW", "EG4 6000XP"),
    ],
)
def test_a_technicians_words_find_the_inverter(query: str, first: str) -> None:
    assert title(search_inverters(query)[0]) == first


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("pylontec", "Pylontech US3000C"),
        ("12 V 200 Ah lead acid", "Haze HZB12-200"),
        ("trojan 330", "Trojan J305P-AC"),
    ],
)
def test_a_technicians_words_find_the_battery(query: str, first: str) -> None:
    assert title(search_batteries(query)[0]) == first


def test_a_search_for_what_is_not_there_finds_nothing() -> None:
    assert search_inverters("growatt spf 5000") == []
