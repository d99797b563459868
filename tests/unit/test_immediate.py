import asyncio
from itertools import count

from core.calculations import Calculations
from core.climate.resource import ClimateYears
from graph.immediate import Immediate
from state.job import JobInput
from tests.support.fakes import NoFiles
from tests.support.inputs import sizing_input


async def test_the_event_loop_goes_round_while_a_system_is_sized() -> None:
    files = NoFiles()
    immediate = Immediate(files, ClimateYears(files), calculate=Calculations())
    job = JobInput.model_validate(sizing_input())
    turns = count()

    async def goes_round() -> None:
        while True:
            next(turns)
            await asyncio.sleep(0)

    ticker = asyncio.create_task(goes_round())
    answer = await immediate.sizing(job)
    ticker.cancel()
    assert answer.sizing is not None
    # On the loop the whole calculation would be one turn; beside it, the loop turns thousands of times.
    assert next(turns) > 100
