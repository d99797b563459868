"""Evidence that somebody else read out of the ticket may add and raise; it never takes away."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.triage.engine import triage
from state.job import JobInput
from state.triage import ExtractedEvidence, HazardKind, Priority, TriageResult

URGENT_FIRST = ("P1", "P2", "P3", "P4")
TEXTS = (
    "",
    "inverter 3 offline",
    "smoke from the inverter",
    "modem dead",
    "quarterly inspection",
    "arc fault on inv 2",
)
EXTRACTED = st.builds(
    ExtractedEvidence,
    quote=st.text(min_size=1, max_size=20),
    says=st.text(min_size=1, max_size=20),
    rule=st.just("read by a model"),
    hazard=st.none() | st.sampled_from(get_args(HazardKind)),
    at_least=st.none() | st.sampled_from(get_args(Priority)),
)


def of(text: str, extracted: list[ExtractedEvidence]) -> TriageResult:
    site = {"latitude": -1.27, "longitude": 36.84}
    job = JobInput.model_validate({"kind": "triage", "site": site, "ticket": {"text": text}})
    found = triage(job, {}, production=None, extracted_evidence=extracted).triage
    assert found is not None
    return found


@settings(deadline=None)
@given(st.sampled_from(TEXTS), st.lists(EXTRACTED, max_size=5))
def test_extracted_evidence_only_adds_and_raises(text: str, extracted: list[ExtractedEvidence]) -> None:
    alone, helped = of(text, []), of(text, extracted)

    assert {hazard.kind for hazard in alone.hazards} <= {hazard.kind for hazard in helped.hazards}
    assert URGENT_FIRST.index(helped.priority) <= URGENT_FIRST.index(alone.priority)
    assert helped.stop_work or not alone.stop_work
    assert (helped.asset, helped.failure_mode, helped.confidence) == (
        alone.asset,
        alone.failure_mode,
        alone.confidence,
    )


def test_an_extracted_hazard_stops_the_work_and_is_cited() -> None:
    seen = ExtractedEvidence(
        quote="it goes tsss", says="gas escapes", rule="read by a model", hazard="battery"
    )

    found = of("the box goes tsss", [seen])

    assert found.stop_work
    assert found.priority == "P1"
    assert [hazard.kind for hazard in found.hazards] == ["battery"]
    assert found.actions[0].startswith("Battery")
    assert ("llm", "it goes tsss", "gas escapes") in [(e.source, e.quote, e.says) for e in found.evidence]


def test_urgency_read_out_of_the_text_is_given_as_the_reason() -> None:
    urgent = ExtractedEvidence(quote="hospital", says="a hospital", rule="read by a model", at_least="P2")

    found = of("modem dead at the hospital", [urgent])

    assert found.priority == "P2"
    assert any(assumption.startswith("priority P2") for assumption in found.assumptions)
