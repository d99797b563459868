"""The data files of this node, read once: default appliances, the household load shape, price books."""

import json
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field

from state.base import Fraction, Model, Positive
from state.equipment import PriceBook


class KnownAppliance(Model):
    """`runs`: `all_day` cycles evenly around the clock, `occupied` in the hours of highest household use."""

    name: str
    aliases: list[str]
    power_w: Positive
    surge_factor: Annotated[float, Field(ge=1)]
    runs: Literal["all_day", "occupied"]


class KnownAppliances(Model):
    source: str
    appliances: list[KnownAppliance]


class LoadShape(Model):
    """24 weights of a mean day, midnight first, in local time."""

    name: str
    source: str
    hourly: Annotated[list[Fraction], Field(min_length=24, max_length=24)]


class CurrencyBook(Model):
    """What equipment and energy cost in one currency."""

    source: str
    prices: PriceBook
    tariff_per_kwh: Positive | None = None


class Horizon(Model):
    """Settings of the cash flow: ours to choose, not measured, each with the reason for its value."""

    years: Annotated[int, Field(ge=1, le=50)]
    discount_rate: Fraction
    degradation_per_year: Fraction
    maintenance_share_of_capital: Fraction
    inverter_life_years: Positive
    battery_life_years: dict[Literal["lead_acid", "lithium_ion"], Positive]
    sources: dict[str, str]


class PriceBooks(Model):
    horizon: Horizon
    currencies: dict[str, CurrencyBook]


@cache
def known_appliances() -> KnownAppliances:
    return KnownAppliances.model_validate(_read("appliances.json"))


@cache
def household_shape() -> LoadShape:
    return LoadShape.model_validate(_read("load_shape.json"))


@cache
def price_books() -> PriceBooks:
    return PriceBooks.model_validate(_read("price_books.json"))


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files(__package__).joinpath("data", name).read_text("utf-8"))
    return document
