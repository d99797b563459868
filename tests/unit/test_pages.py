"""What a terminal shows."""

from io import StringIO

from rich.console import Console

from api.pages import print_answer
from nodes.triage.engine import triage
from state.job import JobInput


def test_a_tickets_words_are_shown_as_they_were_written_and_with_what_they_cost() -> None:
    job = JobInput.model_validate(
        {
            "kind": "triage",
            "site": {"latitude": -1.3, "longitude": 36.8},
            "ticket": {"text": "inverter [red] dead, smoke [bold]from it"},
        }
    )
    console = Console(width=200, record=True, file=StringIO())

    print_answer(triage(job, {}, production=None), console)

    shown = console.export_text()
    assert "inverter [red] dead, smoke [bold]from it" in shown
    assert "labour 6,000.00 KES, transport 1,200.00 KES" in shown
    assert "rates of the settings: labour 1000 KES/h, transport 1200 KES" in shown
