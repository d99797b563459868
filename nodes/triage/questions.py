"""What only a person can say. Few questions, with ids that stay."""

from collections.abc import Mapping, Sequence
from typing import Any

from nodes.triage.knowledge import limits, vendors
from nodes.triage.vendors import OTHER, Named
from state.questions import Question

VENDOR = "vendor"
FAULT_DESCRIPTION = "fault_description"
SYSTEM_VOLTAGE = "system_voltage_v"


def vendor_question(codes: Sequence[str], named: Named) -> Question:
    """Asked where fault codes are given and it is not clear whose they are."""
    among = named.ids or tuple(vendors())
    choices = [vendors()[vendor].label for vendor in among]
    why = f"Code {', '.join(codes)} means something else with every vendor."
    if named.ids:
        why = f"Code {', '.join(codes)} means something else on these devices of {named.said}."
    return Question(
        id=VENDOR, kind="choice", prompt="Whose fault code is it?", why=why, choices=[*choices, OTHER]
    )


def description_question() -> Question:
    """Asked where the evidence does not say what failed."""
    return Question(
        id=FAULT_DESCRIPTION,
        kind="text",
        prompt="Which equipment is it, what does it do or not do, and what does its display show?",
        why="What was given does not say what failed.",
    )


def voltage_question() -> Question:
    """Asked where an insulation reading is good or bad depending on the voltage."""
    steps = limits()["insulation"]["steps"]
    return Question(
        id=SYSTEM_VOLTAGE,
        kind="number",
        prompt="What is the largest DC voltage of the array?",
        why=f"The insulation wanted changes at {steps[0]['up_to_v']:g} V; until it is known the reading counts as bad.",
        unit="V",
        minimum=1,
        maximum=steps[-1]["up_to_v"],
    )


def answered_vendor(answers: Mapping[str, Any]) -> Named | None:
    """The vendor a person chose; None where nobody was asked."""
    if VENDOR not in answers:
        return None
    said = str(answers[VENDOR])
    return Named(tuple(v.id for v in vendors().values() if v.label == said), said)
