"""What sizing asks, and where it looks before it asks."""

from collections.abc import Mapping
from typing import Any

from core.errors import FieldError, InvalidInput
from state.questions import Question

DESIGN_TEMP_MIN = Question(
    id="design_temp_min_c",
    kind="number",
    prompt="What is the lowest temperature to expect at the site? (mean of the coldest hour of each year)",
    why="Module voltage rises in the cold: this temperature decides how many modules a string may hold "
    "before it exceeds the inverter's and the code's voltage limit.",
    unit="°C",
    minimum=-60,
    maximum=30,
)

DAILY_ENERGY = Question(
    id="demand_daily_kwh",
    kind="number",
    prompt="How much electricity is used on an average day?",
    why="Neither a demand nor an array size, nor a roof area was given; one of them must set the size.",
    unit="kWh/day",
    minimum=0.05,
    maximum=100_000,
)

PEAK_POWER = Question(
    id="demand_peak_power_w",
    kind="number",
    prompt="What is the greatest power of the loads that run at the same time?",
    why="The inverter must carry the loads without the grid; energy alone does not say how much power.",
    unit="W",
    minimum=1,
    maximum=10_000_000,
)


BUSBAR = Question(
    id="busbar_a",
    kind="number",
    prompt="What is the rating of the panel's busbar?",
    why="The main breaker was given: with the busbar's rating it decides how much the panel may be fed (705.12).",
    unit="A",
    minimum=1,
    maximum=10_000,
)

MAIN_BREAKER = Question(
    id="main_breaker_a",
    kind="number",
    prompt="What is the rating of the panel's main breaker?",
    why="The busbar was given: with the main breaker's rating it decides how much the panel may be fed (705.12).",
    unit="A",
    minimum=1,
    maximum=10_000,
)

INVERTER_VDC_MAX = Question(
    id="inverter_vdc_max_v",
    kind="number",
    prompt="What is the inverter's maximum DC voltage?",
    why="Its datasheet as given does not say, and a string above it in the cold destroys the inverter.",
    unit="V",
    minimum=12,
    maximum=2000,
)

MODULE_SERIES_FUSE = Question(
    id="module_max_series_fuse_a",
    kind="number",
    prompt="What is the module's maximum series fuse rating?",
    why="Strings in parallel can push current back into a faulty one: the rating decides whether they need fuses.",
    unit="A",
    minimum=1,
    maximum=100,
)


def appliance_power(index: int, name: str) -> Question:
    """Asked for an appliance that came without a power and is not a well-known one."""
    return Question(
        id=f"appliance_power_w_{index}",
        kind="number",
        prompt=f"What is the running power of one '{name}'?",
        why="It has no power and is not one of the appliances whose usual power is known.",
        unit="W",
        minimum=0.1,
        maximum=1_000_000,
    )


def installed_equipment(kind: str, names: list[str]) -> Question:
    """Asked where an existing design is to be checked and the equipment was not named."""
    return Question(
        id=f"equipment_{kind}",
        kind="choice",
        prompt=f"Which {kind} is installed?",
        why=f"An existing array is to be checked, and its limits are those of the installed {kind}.",
        choices=names,
    )


class Form:
    """The questions that stay open, and the answers already given."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self._open: dict[str, Question] = {}

    @property
    def open(self) -> list[Question]:
        return list(self._open.values())

    def number(self, question: Question) -> float | None:
        """The answer to `question`, or None and the question stays open."""
        answer = self._answer(question)
        return None if answer is None else float(answer)

    def choice(self, question: Question) -> str | None:
        """Like `number`, for one of the question's choices."""
        answer = self._answer(question)
        return None if answer is None else str(answer)

    def _answer(self, question: Question) -> Any:  # noqa: ANN401  JSON until the question has checked it
        if question.id not in self._answers:
            self._open[question.id] = question
            return None
        answer = self._answers[question.id]
        if reason := question.check(answer):
            raise InvalidInput([FieldError(f"/answers/{question.id}", reason)])
        return answer
