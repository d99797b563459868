import io
import sys
from typing import Any

import pytest
from rich.console import Console

from api.commands.answers import answers_for, ask_person, expected, parse_settings
from core.errors import InvalidInput, SolarSyncError
from state.questions import Question

COLD = Question(
    id="design_temp_min_c", kind="number", prompt="How cold?", why="Voltage.", unit="°C", minimum=-60, maximum=30
)  # fmt: skip
FEED = Question(id="feed", kind="choice", prompt="Which end?", why="705.12.", choices=["end", "center"])
HOME = Question(id="home", kind="boolean", prompt="A dwelling?", why="600 V.", default=True)
NOTE = Question(id="note", kind="text", prompt="Who?", why="Release.")
FORM = [COLD, FEED, HOME, NOTE]


@pytest.mark.parametrize(
    ("setting", "answer"),
    [
        ("design_temp_min_c=-3.5", -3.5),
        ("feed=center", "center"),
        ("home=No", False),
        ("home=yes", True),
        ("note= the crew = briefed ", "the crew = briefed"),
    ],
)
def test_a_setting_is_read_as_its_question_means_it(setting: str, answer: Any) -> None:
    assert parse_settings([setting], FORM) == {setting.split("=", maxsplit=1)[0]: answer}


@pytest.mark.parametrize(
    ("setting", "place", "reason"),
    [
        ("design_temp_min_c=cold", "/answers/design_temp_min_c", "must be a number"),
        ("design_temp_min_c=nan", "/answers/design_temp_min_c", "must be a number"),
        ("design_temp_min_c=3,5", "/answers/design_temp_min_c", "must be a number"),
        ("design_temp_min_c=31", "/answers/design_temp_min_c", "must be at most 30 °C"),
        ("feed=side", "/answers/feed", "must be one of: end, center"),
        ("home=perhaps", "/answers/home", "must be true or false"),
        ("note=", "/answers/note", "must be a text that is not empty"),
        ("roof=flat", "/answers/roof", "is not an open question; open: design_temp_min_c, feed, home, note"),
        ("feed", "--set", "must be id=value, not 'feed'"),
    ],
)
def test_a_setting_that_does_not_do_is_refused_by_place_and_reason(
    setting: str, place: str, reason: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_settings([setting], FORM)
    assert [(error.pointer, error.message) for error in refused.value.errors] == [(place, reason)]


def test_what_is_left_open_is_named_where_nobody_is_there_to_ask() -> None:
    console = Console(file=io.StringIO())
    with pytest.raises(InvalidInput) as refused:
        answers_for(FORM, ["feed=end"], console, accept_suggestions=False)
    assert [error.pointer for error in refused.value.errors] == [
        "/answers/design_temp_min_c", "/answers/home", "/answers/note",
    ]  # fmt: skip


def test_suggestions_are_taken_only_when_accepted_and_never_over_an_answer() -> None:
    console = Console(file=io.StringIO())
    assert answers_for([HOME], [], console, accept_suggestions=True) == {"home": True}
    assert answers_for([HOME], ["home=no"], console, accept_suggestions=True) == {"home": False}


def test_a_person_is_asked_until_each_answer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("warm\n8\nside\nend\n\nGrace\n"))
    shown = io.StringIO()
    answers = ask_person(FORM, Console(file=shown, width=100))
    assert answers == {"design_temp_min_c": 8.0, "feed": "end", "home": True, "note": "Grace"}
    for words in (
        "1 of 4",
        "How cold?",
        "Why: Voltage.",
        "-60 to 30 °C: ",
        "must be a number",
        "yes or no [True]: ",
        "  1  end\n  2  center\n1 to 2: ",
        "must be one of: end, center",
    ):
        assert words in shown.getvalue()


@pytest.mark.parametrize("typed", ["2", "center", " 2 ", "0\n3\n2"])
def test_a_choice_is_made_by_its_number_or_its_words(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{typed}\n"))
    assert ask_person([FEED], Console(file=io.StringIO())) == {"feed": "center"}


def test_a_choice_that_is_a_number_itself_is_meant_as_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    edition = FEED.model_copy(update={"choices": ["3", "2", "1"]})
    monkeypatch.setattr(sys, "stdin", io.StringIO("1\n"))
    assert ask_person([edition], Console(file=io.StringIO())) == {"feed": "1"}


def test_an_end_of_input_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(SolarSyncError, match="nothing was sent"):
        ask_person([COLD], Console(file=io.StringIO()))


def test_what_may_be_answered_is_said_for_every_kind() -> None:
    assert [expected(question) for question in FORM] == [
        "-60 to 30 °C",
        "end / center",
        "yes or no",
        "your words",
    ]
