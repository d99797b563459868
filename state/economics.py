"""Money: prices, tariffs, and the years they are reckoned over."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from state.base import Given, Model, Positive

Money = Annotated[float, Field(ge=0, le=1_000_000)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Hour = Annotated[int, Field(ge=0, le=24)]
PriceItem = Literal["array_per_kw", "battery_per_kwh", "inverter_per_kw", "installation", "tariff_per_kwh"]


class PriceBook(Given):
    """Prices in the job's currency; what is absent comes from the book of that currency."""

    array_per_kw: Positive | None = None
    battery_per_kwh: Positive | None = None
    inverter_per_kw: Positive | None = None
    installation: Annotated[float, Field(ge=0)] | None = None


class PriceRow(Model):
    """One price of a book, with where and when it was found."""

    item: PriceItem
    price: Annotated[float, Field(ge=0)]
    unit: str
    source: str
    date: str


class NamedPriceBook(Model):
    """A price book of the catalogue; a job names it, or gets the one of its currency."""

    name: str
    currency: Currency
    title: str
    rows: list[PriceRow]

    def prices(self) -> PriceBook:
        """The equipment's prices, without the tariff."""
        return PriceBook(**{row.item: row.price for row in self.rows if row.item != "tariff_per_kwh"})

    def row(self, item: PriceItem) -> PriceRow | None:
        return next((row for row in self.rows if row.item == item), None)


class TariffPeriod(Given):
    """Hours with a price of their own. Of several that hold at an hour the first is meant."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    price_per_kwh: Money
    export_per_kwh: Money | None = Field(
        default=None, description="For energy that leaves in these hours; else the flat export tariff."
    )
    from_hour: Hour = Field(default=0, description="Local standard time.")
    to_hour: Hour = Field(
        default=24, description="Exclusive; before `from_hour` the period ends the next day."
    )
    months: Annotated[list[Annotated[int, Field(ge=1, le=12)]], Field(min_length=1, max_length=12)] | None = (
        Field(default=None, description="The season it holds in; every month when absent.")
    )
    days: Literal["all", "weekdays", "weekends"] = "all"

    def holds(self, hour: int, month: int, *, weekend: bool) -> bool:
        """Whether it is meant at `hour` (0 to 23) of a day in `month` (1 to 12)."""
        if self.months is not None and month not in self.months:
            return False
        if self.days != "all" and weekend != (self.days == "weekends"):
            return False
        if self.from_hour <= self.to_hour:
            return self.from_hour <= hour < self.to_hour
        return hour >= self.from_hour or hour < self.to_hour


class Economics(Given):
    currency: Currency = "KES"
    tariff_per_kwh: Money | None = Field(
        default=None, description="Flat, and in hours for which no period is given."
    )
    export_tariff_per_kwh: Money | None = None
    tariff_periods: Annotated[list[TariffPeriod], Field(max_length=48)] = Field(
        default=[], description="Time of use and seasons."
    )
    price_book: PriceBook | Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="Prices of one's own, or the name of a book of the catalogue."
    )
    discount_rate: Annotated[float, Field(ge=0, le=1)] | None = None
    years: Annotated[int, Field(ge=1, le=50)] | None = None
    degradation_percent_per_year: Annotated[float, Field(ge=0, le=10)] | None = Field(
        default=None, description="Of the array's energy; the median of published rates when absent."
    )
    tariff_growth: Annotated[float, Field(ge=-0.5, le=0.5)] = Field(
        default=0.0, description="Growth of the tariffs a year, above inflation."
    )

    @model_validator(mode="after")
    def _every_hour_has_a_price(self) -> Self:
        if not self.tariff_periods or self.tariff_per_kwh is not None:
            return self
        for month in range(1, 13):
            for weekend in (False, True):
                for hour in range(24):
                    if not any(p.holds(hour, month, weekend=weekend) for p in self.tariff_periods):
                        day = "weekends" if weekend else "weekdays"
                        raise ValueError(
                            f"tariff_periods give no price for {hour}:00 on {day} of month {month}, "
                            "and there is no tariff_per_kwh for the hours they leave out"
                        )
        return self
