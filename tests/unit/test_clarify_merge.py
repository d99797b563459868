from typing import Any

import pytest

from nodes.clarify.merge import merge_questions
from state.questions import Question, ask, check_answers, form


def question(name: str, **changes: Any) -> Question:
    given: dict[str, Any] = {"id": name, "kind": "number", "prompt": f"{name}?", "why": f"Needed for {name}."}
    return Question(**{**given, **changes})


def merged(**open_questions: list[Question]) -> list[Question]:
    return merge_questions(
        {asker: [each.to_json() for each in asked] for asker, asked in open_questions.items()}
    )


def test_nothing_open_makes_an_empty_form() -> None:
    assert merged() == []
    assert merged(sizing=[], triage=[]) == []


def test_the_order_does_not_depend_on_which_branch_finished_first() -> None:
    one, two, three = question("a"), question("b"), question("c")
    assert merged(triage=[three], sizing=[two, one]) == merged(sizing=[two, one], triage=[three])
    assert [each.id for each in merged(triage=[three], sizing=[two, one])] == ["b", "a", "c"]


def test_a_question_that_both_branches_ask_is_asked_once() -> None:
    same = question("vendor", kind="text")
    assert merged(sizing=[same], triage=[same]) == [same]


def test_an_answer_to_a_shared_question_serves_both_askers() -> None:
    wide = question("v", minimum=0, maximum=1000, unit="V", why="Sizing needs it.")
    narrow = question("v", minimum=10, unit="V", why="Triage needs it.", default=48)
    [asked] = merged(sizing=[wide], triage=[narrow])
    assert (asked.minimum, asked.maximum, asked.default) == (10, 1000, 48)
    assert asked.why == "Sizing needs it. Triage needs it."


def test_shared_choices_are_those_that_both_take() -> None:
    [asked] = merged(
        sizing=[question("c", kind="choice", choices=["x", "y", "z"])],
        triage=[question("c", kind="choice", choices=["z", "y"], prompt="other words")],
    )
    assert asked.choices == ["y", "z"]


def test_one_id_with_two_meanings_is_a_mistake_in_the_code() -> None:
    with pytest.raises(ValueError, match="'v' is asked as number"):
        merged(sizing=[question("v", unit="V")], triage=[question("v", kind="text")])


def test_a_form_shows_why_the_last_reply_did_not_do() -> None:
    asked = [question("temp", maximum=30, unit="°C")]
    replies = iter([{"temp": 95}, "warm", {"temp": 5, "colour": "red"}, {}, {"temp": 5}])
    shown: list[dict[str, Any]] = []

    def show(payload: dict[str, Any]) -> Any:
        shown.append(payload)
        return next(replies)

    assert ask(asked, show) == {"temp": 5}
    assert shown[0] == form(asked) == {"questions": [asked[0].to_json()]}
    assert [each["refused"] for each in shown[1:]] == [
        {"temp": "must be at most 30 °C"},
        {"": "answer with an object: question id to value"},
        {"colour": "is not an open question"},
        {"temp": "this question is open too"},
    ]


@pytest.mark.parametrize(
    ("changes", "value", "reason"),
    [
        ({"kind": "number", "minimum": -60, "unit": "°C"}, -60, None),
        ({"kind": "number", "minimum": -60, "unit": "°C"}, -61, "must be at least -60 °C"),
        ({"kind": "number"}, "5", "must be a number"),
        ({"kind": "number"}, True, "must be a number"),
        ({"kind": "number"}, float("nan"), "must be a number"),
        ({"kind": "choice", "choices": ["a", "b"]}, "b", None),
        ({"kind": "choice", "choices": ["a", "b"]}, "c", "must be one of: a, b"),
        ({"kind": "choice", "choices": ["a", "b"]}, ["a"], "must be one of: a, b"),
        ({"kind": "text"}, "  ", "must be a text that is not empty"),
        ({"kind": "text"}, "x" * 10_001, "must be at most 10000 characters"),
        ({"kind": "boolean"}, False, None),
        ({"kind": "boolean"}, 0, "must be true or false"),
    ],
)
def test_an_answer_is_checked_before_it_counts(
    changes: dict[str, Any], value: object, reason: str | None
) -> None:
    refused = check_answers([question("q", **changes)], {"q": value})
    assert refused == ({"q": reason} if reason else {})
