"""Providers whose answers are recorded: a run that is redelivered does not ask them again."""

from functools import partial

from core.ports import Completion, ExternalCalls, ForecastProvider, LanguageModel
from state.base import JsonObject
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


class RecordedLanguageModel:
    """`core.ports.LanguageModel` over another one; `name` says which model, and whose."""

    def __init__(self, model: LanguageModel, name: str, calls: ExternalCalls) -> None:
        self._model = model
        self._name = name
        self._calls = calls

    async def complete(self, system: str, user: str, schema: JsonObject, *, account: str) -> Completion:
        return await self._calls.once(
            "language_model",
            {"model": self._name, "system": system, "user": user, "schema": schema},
            Completion,
            partial(self._model.complete, system, user, schema, account=account),
        )
