import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.database.search import LONGEST_WORD, MOST_WORDS, job_words, words, words_query
from core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Inverter E-031, inverter OFF", ["inverter", "e", "031", "off"]),
        ("Évora, Straße 4", ["evora", "strasse", "4"]),
        ("it's 'quoted' & (bracketed):*", ["it", "s", "quoted", "bracketed"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
    ],
)
def test_words_are_without_case_accents_and_signs(text: str, found: list[str]) -> None:
    assert words(text) == found


@given(st.text())
def test_no_text_makes_a_word_that_postgresql_would_refuse_or_read_as_a_sign(text: str) -> None:
    found = words(text)
    assert all(word.isalnum() and 0 < len(word) <= LONGEST_WORD for word in found)
    assert len(found) == len(set(found)) <= MOST_WORDS


def test_a_job_is_found_by_what_was_said_and_by_whom_and_where() -> None:
    assert job_words(
        {
            "kind": "triage",
            "description": "Roof leaks",
            "customer": {"name": "Ada", "phone": "0700"},
            "site": {"latitude": 1.0, "address": "Main Street 5"},
            "ticket": {"text": "no power", "vendor": "x"},
        }
    ) == ["roof", "leaks", "ada", "main", "street", "5", "no", "power"]
    assert job_words({"kind": "sizing", "customer": None, "description": None}) == []


def test_every_word_asked_for_has_to_begin_a_word() -> None:
    assert words_query("Grid-tie inv") == "'grid':* & 'tie':* & 'inv':*"
    with pytest.raises(InvalidInput, match="/q"):
        words_query("--- !")
