"""The forecast from the first provider that has one, with what was wrong with those before it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog
from typing_extensions import TypeIs

from core.clients.gate import NotAsked
from core.errors import ProviderUnavailable
from core.ports import ForecastBatches, ForecastProvider
from state.weather import Forecast

log = structlog.get_logger(__name__)

PROVIDER_SECONDS = 14.0
"""For one provider with all of its attempts, so that three that hang leave time to say so."""

LONGEST_WAIT = 60.0
"""For a provider that is well and whose minute is used up: so many places are not asked of others, whose are poorer."""
WAITS = 2
"""Other processes wait for the same minute."""

AT_ONCE = 8
"""Places of a batch that other providers are asked about side by side."""

Outcome = Forecast | ProviderUnavailable


class Forecasts:
    """`core.ports.ForecastBatches` over providers in the order of the settings."""

    def __init__(
        self,
        providers: Sequence[tuple[str, ForecastProvider]],
        *,
        seconds: float = PROVIDER_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._providers = providers
        self._seconds = seconds
        self._sleep = sleep

    async def forecast(self, latitude: float, longitude: float) -> Forecast:
        """The first forecast that can be had; raises `ProviderUnavailable` naming what each provider said."""
        return await self._from(0, (latitude, longitude), [])

    async def forecasts(self, places: Sequence[tuple[float, float]]) -> list[Outcome]:
        """In batches from the first provider if it takes them; what fails there is asked of the others one by one."""
        if not self._providers:
            return [_nobody()] * len(places)
        first = self._providers[0][1]
        answers: list[Outcome | None] = [None] * len(places)
        if _takes_batches(first):
            answers = await self._in_batches(first, places)
        turns = asyncio.Semaphore(AT_ONCE)

        async def complete(place: tuple[float, float], answer: Outcome | None) -> Outcome:
            if isinstance(answer, Forecast):
                return answer
            failed = [] if answer is None else [answer.detail]
            async with turns:
                try:
                    return await self._from(len(failed), place, failed)
                except ProviderUnavailable as error:
                    return error

        return await asyncio.gather(*map(complete, places, answers))

    async def _in_batches(
        self, provider: ForecastBatches, places: Sequence[tuple[float, float]]
    ) -> list[Outcome | None]:
        answers: list[Outcome | None] = list(await provider.forecasts(places))
        for _ in range(WAITS):
            waits = {number: wait for number, answer in enumerate(answers) if (wait := _used_up_for(answer))}
            if not waits or max(waits.values()) > LONGEST_WAIT:
                break
            await self._sleep(max(waits.values()) + 0.5)
            again = await provider.forecasts([places[number] for number in waits])
            for number, answer in zip(waits, again, strict=True):
                answers[number] = answer
        return answers

    async def _from(self, number: int, place: tuple[float, float], failed: Sequence[str]) -> Forecast:
        problems = list(failed)
        for name, provider in self._providers[number:]:
            try:
                async with asyncio.timeout(self._seconds):
                    forecast = await provider.forecast(*place)
            except ProviderUnavailable as error:
                problems.append(error.detail)
            except TimeoutError:
                problems.append(f"{name}: no answer within {self._seconds:g} s")
            else:
                if not problems:
                    return forecast
                return forecast.model_copy(
                    update={"fallback": True, "warnings": [*problems, *forecast.warnings]}
                )
            log.info("core.clients.forecast_failed", provider=name)
        if not problems:
            raise _nobody()
        if len(problems) == 1:
            name, _, reason = problems[0].partition(": ")
            raise ProviderUnavailable(name, reason)
        raise ProviderUnavailable("forecast", "; ".join(problems))


def _used_up_for(answer: Outcome | None) -> float:
    """For how many seconds the provider's budget is used up; 0 where that is not why there is no forecast."""
    return (answer.again_in or 0.0) if isinstance(answer, NotAsked) else 0.0


def _takes_batches(provider: ForecastProvider) -> TypeIs[ForecastBatches]:
    return hasattr(provider, "forecasts")


def _nobody() -> ProviderUnavailable:
    return ProviderUnavailable("forecast", "no provider is configured")
