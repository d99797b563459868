"""The data files of this node, read once: the household load shape, the horizon of the cash flow."""

import json
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field

from state.base import Fraction, Model, Positive


class LoadShape(Model):
    """24 weights of a mean day, midnight first, in local time."""

    name: str
    source: str
    hourly: Annotated[list[Fraction], Field(min_length=24, max_length=24)]


class Horizon(Model):
    """Settings of the cash flow: ours to choose, not measured, each with the reason for its value."""

    years: Annotated[int, Field(ge=1, le=50)]
    discount_rate: Fraction
    degradation_per_year: Fraction
    maintenance_share_of_capital: Fraction
    inverter_life_years: Positive
    battery_life_years: dict[Literal["lead_acid", "lithium_ion"], Positive]
    sources: dict[str, str]


@cache
def household_shape() -> LoadShape:
    return LoadShape.model_validate(_read("load_shape.json"))


@cache
def horizon() -> Horizon:
    text = files(__package__).joinpath("data", "horizon.toml").read_text("utf-8")
    return Horizon.model_validate(tomllib.loads(text))


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files(__package__).joinpath("data", name).read_text("utf-8"))
    return document
