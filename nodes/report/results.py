"""Everything a report is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from state.dispatch import DispatchResult
from state.job import JobInput
from state.sizing import SizingResult
from state.triage import TriageResult
from state.weather import WeatherResult


@dataclass(frozen=True, slots=True)
class Results:
    """What the nodes before have found; None where a job has no such part."""

    job: JobInput
    weather: WeatherResult | None = None
    sizing: SizingResult | None = None
    triage: TriageResult | None = None
    dispatch: DispatchResult | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
