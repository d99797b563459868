"""The way of each kind of job through the workflow, and how far along it a node is."""

from state.job import Kind

STEPS: dict[str, tuple[str, ...]] = {
    "sizing": ("intake", "weather", "sizing", "clarify", "dispatch", "review", "report"),
    "triage": ("intake", "weather", "triage", "clarify", "dispatch", "review", "report"),
    "full": ("intake", "weather", "sizing", "triage", "clarify", "dispatch", "review", "report"),
}
"""The nodes of each kind of job, in the order of the story."""


def steps_done(kind: Kind | str, node: str) -> int:
    """How far the workflow has come when `node` has finished."""
    return STEPS[kind].index(node) + 1
