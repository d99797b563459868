"""Tickets that are nothing but text."""

from nodes.triage.engine import triage
from state.job import JobInput
from state.triage import TriageResult


def of_text(text: str) -> TriageResult:
    """What the words alone tell."""
    site = {"latitude": -1.27, "longitude": 36.84}
    job = JobInput.model_validate({"kind": "triage", "site": site, "ticket": {"text": text}})
    found = triage(job, {}, production=None).triage
    assert found is not None
    return found
