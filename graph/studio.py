"""The graph that LangGraph Studio opens: the same workflow, without database or queue behind it.

Weather files and technicians live in the database, so a job here has neither: it is sized for a modelled
resource and dispatch says that nobody can be sent. The server keeps checkpoints of its own.
"""

import httpx

from core.climate.resource import ClimateYears
from core.clock import SystemClock
from core.config import get_settings
from core.errors import FieldError, InvalidInput
from core.pv.weather_year import WeatherYear
from graph.build import Workflow, build_graph
from graph.dependencies import Dependencies
from graph.providers import Providers
from graph.rates import triage_settings
from graph.work_limits import work_limits
from state.dispatch import Technician


class NoTechnicians:
    async def technicians(self) -> list[Technician]:
        return []


class NoWeatherFiles:
    async def weather_year(self, weather_file_id: str) -> WeatherYear:
        del weather_file_id
        raise InvalidInput([FieldError("/resource/weather_file_id", "there are no weather files in Studio")])


def studio_graph() -> Workflow:
    """The workflow over the public forecast and nothing else."""
    settings = get_settings()
    files = NoWeatherFiles()
    clock = SystemClock()
    providers = Providers(settings, httpx.AsyncClient(timeout=10), clock, budget=None)
    return build_graph(
        Dependencies(
            forecasts=providers.forecasts(),
            files=files,
            years=ClimateYears(files),
            directory=NoTechnicians(),
            clock=clock,
            authority=providers.authority(),
            triage=triage_settings(settings),
            thresholds=work_limits(settings),
            read_at_once=0,  # its server ends a run that opens a file on the loop, as the first ticket does
        )
    )
