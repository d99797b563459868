"""Tickets that are nothing but text, and what triage made of one."""

from typing import Any

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


FAULT: dict[str, Any] = {
    "asset": "inverter",
    "component": None,
    "failure_mode": None,
    "cause": None,
    "diagnosis": "Insulation fault.",
    "priority": "P1",
    "respond_within_hours": 4,
    "hazards": [],
    "stop_work": False,
    "truck_roll": True,
    "actions": [],
    "parts": [],
    "skills": ["inverter"],
    "estimated_duration_h": 2,
    "labour_cost": None,
    "transport_cost": None,
    "currency": "KES",
    "energy_loss": None,
    "confidence": 0.9,
    "evidence": [],
}
"""A `TriageResult` in its JSON form."""
