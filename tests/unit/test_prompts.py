"""Prompts: files with a version, whose variables are all given and all used."""

import pytest

from prompts.render import render

GIVEN = {"schema": "{}", "findings": "none"}


def test_a_prompt_is_cited_by_name_and_version() -> None:
    assert render("triage_explanation", GIVEN).version == "triage_explanation/1"


def test_values_are_put_in_as_they_are() -> None:
    prompt = render("triage_explanation", GIVEN | {"findings": r"{{ schema }} \1"})

    assert prompt.user.endswith(r"{{ schema }} \1")
    assert "{{" not in prompt.system


@pytest.mark.parametrize("variables", [{"schema": "{}"}, GIVEN | {"ticket": "x"}, {}])
def test_a_missing_or_unused_variable_is_an_error(variables: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="missing or not used"):
        render("triage_explanation", variables)
