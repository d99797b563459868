"""What the graph made of a run, as rows: all of it or, where another job took the visit, nothing."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from core.clock import Clock
from core.database.alerts import Alerts
from core.database.models import ResultRow, RunKind
from core.database.runs import Claim, Runs
from core.database.session import open_session, without_transactions
from graph.entry import climate_stands_in, fault_found, job_values
from graph.news import assignment_news, planned, urgency_news, urgency_untold
from graph.outcome import Outcome, result_document, same_decisions
from graph.outlook import news_of_run
from graph.resources import AGAIN
from state.base import JsonObject
from state.weather import WeatherResult


class OutcomeStore:
    """Ends runs with what came of them. Raises `VisitTaken`, `StaleAttempt`, `StorageUnavailable`."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._single = without_transactions(engine)
        self._clock = clock

    async def store(self, claim: Claim, outcome: Outcome, latest: ResultRow | None) -> None:
        """Questions or a result; a refresh that decided nothing new keeps `latest`."""
        if outcome.questions is not None:
            await self._wait(claim, outcome, outcome.questions)
        else:
            await self._succeed(claim, outcome, _document(claim, outcome, latest, self._clock.now()))

    async def _wait(self, claim: Claim, outcome: Outcome, questions: list[JsonObject]) -> None:
        seen = _weather_seen(claim, outcome)
        async with open_session(self._engine) as session:
            told = [*outcome.untold, *await urgency_untold(session, claim.job_id, outcome.state)]
            job = fault_found(outcome.state) | outcome.progress()
            await Runs(session).wait(claim, questions, told=told, job=job)
            if seen is not None:
                await self._tell_alerts(session, claim, seen)

    async def _succeed(self, claim: Claim, outcome: Outcome, document: JsonObject | None) -> None:
        # Large, and slow to store: the row holds it only where no result does.
        weather = outcome.state.get("weather") if document is None else None
        values = {
            **job_values(outcome.state),
            "weather": weather,
            "resource_due_at": self._clock.now() + AGAIN if climate_stands_in(outcome.state) else None,
            **outcome.progress(),
        }
        seen = _weather_seen(claim, outcome)
        # Before its first run a job was told of nothing, so what is raised now is all new; later it is compared.
        raised = seen.alerts if seen is not None and claim.kind is RunKind.START else []
        compared = seen if claim.kind is not RunKind.START else None
        alone = not (
            document is None or compared or values.get("technician_id") or urgency_news(outcome.state)
        )
        async with open_session(self._single if alone else self._engine) as session:
            told = [
                *outcome.untold,
                *await urgency_untold(session, claim.job_id, outcome.state),
                *assignment_news(outcome.held, planned(outcome.state)),
            ]
            await Runs(session).succeed(
                claim, document, values, told=told, alerts=raised, now=self._clock.now()
            )
            if compared is not None:
                await self._tell_alerts(session, claim, compared)

    async def _tell_alerts(self, session: AsyncSession, claim: Claim, weather: WeatherResult) -> None:
        """What the run saw of the weather, as far as the job was not told of it."""
        alerts, now = Alerts(session), self._clock.now()
        known = await alerts.open_of([claim.job_id])
        news = news_of_run(known.get(claim.job_id, []), weather, now)
        await alerts.tell({claim.job_id: news}, now, run_id=claim.run_id)


def _weather_seen(claim: Claim, outcome: Outcome) -> WeatherResult | None:
    """What the run itself fetched, be it in an earlier attempt: a start has told nothing before it ends.

    Weather that another run kept has been told of.
    """
    weather = outcome.state.get("weather")
    if weather is None or (claim.kind is not RunKind.START and "weather" not in outcome.nodes):
        return None
    return WeatherResult.from_json(weather)


def _document(claim: Claim, outcome: Outcome, latest: ResultRow | None, now: datetime) -> JsonObject | None:
    """The result as it is stored; None where a refresh changed nothing that was decided."""
    if claim.kind is RunKind.REFRESH and outcome.nodes == ["weather"]:
        return None
    document = result_document(claim.job_id, now, outcome.state)
    return None if latest is not None and same_decisions(document, latest.document) else document
