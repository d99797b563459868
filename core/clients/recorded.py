"""Providers whose answers are recorded: a run that is redelivered does not ask them again."""

from functools import partial

from core.ports import ExternalCalls, ForecastProvider
from state.weather import Forecast


class RecordedForecasts:
    """`core.ports.ForecastProvider` over another one."""

    def __init__(self, provider: ForecastProvider, calls: ExternalCalls) -> None:
        self._provider = provider
        self._calls = calls

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        return await self._calls.once(
            "forecast",
            {"latitude": latitude, "longitude": longitude},
            Forecast,
            partial(self._provider.forecast, latitude, longitude),
        )
