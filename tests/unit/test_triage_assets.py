"""Which asset a short ticket is about, by its words alone; tickets written for this test in the trade's language."""

import csv
from pathlib import Path

import pytest

from nodes.triage.engine import triage
from state.job import JobInput
from tests.support.tickets import of_text

TICKETS = Path(__file__).parents[1] / "data" / "asset_tickets.csv"
with TICKETS.open(encoding="utf-8", newline="") as lines:
    ROWS = [(row["asset"], row["text"]) for row in csv.DictReader(lines)]
RIGHT = 0.9
"""77 of 83 were right when they were first read."""


def test_most_tickets_are_read_for_the_asset_they_are_about() -> None:
    wrong = [(asset, text) for asset, text in ROWS if of_text(text).asset != asset]

    assert len(wrong) <= (1 - RIGHT) * len(ROWS), wrong


def test_many_devices_hit_at_once_concern_the_site() -> None:
    found = of_text(
        "lightning: inverter 2 tripped, meter dead, modem dead, datalogger dead, tracker motor dead"
    )

    assert found.asset == "facility"


def test_an_inspection_that_found_nothing_wrong_concerns_the_site() -> None:
    assert of_text("no issues found with cb 1.1 and cb 1.2").asset == "facility"


def test_trouble_that_a_text_denies_is_no_trouble() -> None:
    assert of_text("inverter has no issues, meter is faulty").asset == "meter"


@pytest.mark.parametrize("text", ["resolved", "closed", "see attachment", ""])
def test_a_text_that_names_nothing_is_asked_about(text: str) -> None:
    site = {"latitude": -1.27, "longitude": 36.84}
    job = JobInput.model_validate({"kind": "triage", "site": site, "ticket": {"text": text}})
    answer = triage(job, {}, production=None)

    assert answer.triage is not None
    assert answer.triage.asset == "unknown"
    assert [question.id for question in answer.questions] == ["fault_description"]


def test_thin_evidence_is_asked_about_and_what_it_points_to_is_still_listed() -> None:
    site = {"latitude": -1.27, "longitude": 36.84}
    text = "checked the network and the meter, left site"
    answer = triage(
        JobInput.model_validate({"kind": "triage", "site": site, "ticket": {"text": text}}),
        {},
        production=None,
    )

    assert answer.triage is not None
    assert (answer.triage.asset, answer.triage.confidence) == ("unknown", 0.0)
    assert "meter" in {hypothesis.asset for hypothesis in answer.triage.hypotheses}
    assert [question.id for question in answer.questions] == ["fault_description"]
