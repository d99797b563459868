"""Evidence that others read out of the ticket, as a language model does: it may add, never take away."""

from collections.abc import Sequence

from nodes.triage.findings import Danger, Finding
from state.triage import ExtractedEvidence


def read_extracted(evidence: Sequence[ExtractedEvidence]) -> list[Finding]:
    """Findings that can name a hazard and raise the priority, and support no explanation."""
    return [
        Finding(
            source="llm",
            quote=item.quote,
            says=item.says,
            rule=item.rule,
            dangers=(Danger(item.hazard, item.quote, stops=True),) if item.hazard else (),
            at_least=item.at_least,
        )
        for item in evidence
    ]
