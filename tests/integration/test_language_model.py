"""The language model in its moods: whatever it does, the triage stands and says what happened."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from core.checkpoint import RecordedCalls, RedisSaver, run_in_hand
from core.clients.gate import Gate
from core.clients.language_budget import Limits, PaidLanguageModel
from core.clients.language_model import OpenAiModel
from core.clients.recorded import RecordedLanguageModel
from core.ids import new_id
from core.ports import LanguageModel
from core.redis import create_redis
from nodes.triage.node import TriageReads, triage
from state.triage import TriageResult
from tests.support.inputs import triage_input
from tests.support.language_server import LanguageServer, Told, found, language_server

PLAIN = found(text="Stop the work. The string is broken, most likely.")
TICKET = "modem dead at the clinic, box goes tsss"
READ = found(evidence=[{"quote": "box goes  TSSS", "hazard": "battery"}])


MADE: list[OpenAiModel] = []


@pytest.fixture
async def server() -> AsyncIterator[LanguageServer]:
    async with language_server() as told:
        yield told
        for model in MADE:
            await model.aclose()
        MADE.clear()


def asking(server: LanguageServer, seconds: float = 30.0) -> OpenAiModel:
    gate = Gate("language model")
    MADE.append(OpenAiModel("m", api_key=None, base_url=server.url, seconds=seconds, gate=gate))
    return MADE[-1]


async def of(model: LanguageModel | None, text: str | None = TICKET, job_id: str = "job") -> TriageResult:
    given: dict[str, Any] = triage_input(text=text, vendor=None, fault_codes=[])
    state: TriageReads = {"job_id": job_id, "input": given, "answers": {}}
    return TriageResult.from_json((await triage(state, model=model))["triage"])


def without_the_model(result: TriageResult) -> dict[str, Any]:
    return result.model_dump(exclude={"language_model", "plain_language"})


async def test_without_a_model_the_result_says_that_it_is_off() -> None:
    result = await of(None)

    assert result.language_model.status == "off"
    assert result.plain_language is None


async def test_what_the_model_reads_is_added_and_cited(server: LanguageServer) -> None:
    server.answers(READ, PLAIN)

    result = await of(asking(server))

    assert (result.priority, result.stop_work) == ("P1", True)
    assert [e.rule for e in result.evidence if e.source == "llm"] == [
        "read by a language model (triage_evidence/1)"
    ]
    assert result.language_model.model_dump() == {
        "status": "used", "model": "m", "prompt_version": "triage_evidence/1", "tokens": 120, "detail": None,
    }  # fmt: skip
    assert result.plain_language is not None
    assert result.plain_language.text == "Stop the work. The string is broken, most likely."


async def test_the_service_is_asked_for_the_schema_and_a_bounded_answer(server: LanguageServer) -> None:
    server.answers(READ, PLAIN)
    await of(asking(server))

    body = server.asked[0]
    schema = body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["additionalProperties"] is False
    assert "maxItems" not in json.dumps(schema)
    assert body["max_completion_tokens"] == 1000
    assert body["temperature"] == 0


async def test_a_service_that_cannot_hold_to_schemas_is_asked_without(server: LanguageServer) -> None:
    server.answers(Told(raw='{"error": {"message": "response_format"}}', status=400), READ, PLAIN)

    result = await of(asking(server))

    assert result.language_model.status == "used"
    assert ["response_format" in body for body in server.asked] == [True, False, False]


async def test_an_answer_that_cannot_be_used_is_repaired_once(server: LanguageServer) -> None:
    server.answers(Told("no idea"), READ, PLAIN)

    result = await of(asking(server))

    assert result.language_model.status == "repaired"
    assert result.language_model.tokens == 240
    assert result.stop_work
    assert "it holds no JSON object" in server.asked[1]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        (Told("no idea"), "unusable"),
        (Told(""), "unusable"),
        (Told('{"evidence": [', finish_reason="length"), "unusable"),
        (Told('{"evidence": [{"quote": "all is well", "hazard": "fire"}]}'), "unusable"),
        (Told('{"evidence": [{"quote": "modem dead"}]}'), "unusable"),
        (Told(refusal="I cannot help with that."), "refused"),
        (Told(None, finish_reason="content_filter"), "refused"),
        (Told(raw="<html>bad gateway</html>"), "unavailable"),
        (Told(raw="{}"), "unavailable"),
        (Told(raw='{"error": {"message": "no such key"}}', status=401), "unavailable"),
        (Told(seconds=3.0), "timed_out"),
    ],
)
async def test_whatever_else_it_does_the_triage_stands_and_says_so(
    server: LanguageServer, told: Told, status: str
) -> None:
    server.answers(told)

    result = await of(asking(server, seconds=1.0 if told.seconds else 30.0))

    assert without_the_model(result) == without_the_model(await of(None))
    assert result.language_model.status == status
    assert result.plain_language is not None
    assert result.plain_language.text is None


async def test_nobody_is_asked_about_a_ticket_without_words(server: LanguageServer) -> None:
    given = triage_input(text=None)
    state: TriageReads = {"job_id": "job", "input": given, "answers": {}}
    server.answers(PLAIN)

    result = TriageResult.from_json((await triage(state, model=asking(server)))["triage"])

    assert result.language_model.status == "not_needed"
    assert len(server.asked) == 1  # for the plain words


@pytest.mark.parametrize(
    "text",
    [
        "Stop. It is safe to go on after the modem is changed.",
        "Stop the work, the fault costs about 4711 kWh a day here.",
        "The modem is dead, change it and restart the inverter.",
    ],
)
async def test_words_that_reassure_invent_a_figure_or_forget_the_stop_are_not_used(
    server: LanguageServer, text: str
) -> None:
    server.answers(READ, found(text=text))

    result = await of(asking(server))

    assert result.plain_language is not None
    assert result.plain_language.language_model.status == "unusable"
    assert result.plain_language.text is None


def paid(server: LanguageServer, redis: Redis, limits: Limits, name: str = "m") -> PaidLanguageModel:
    return PaidLanguageModel(asking(server), name, redis, limits, cache_seconds=60)


async def test_a_job_that_spent_its_tokens_goes_on_without(server: LanguageServer, redis: Redis) -> None:
    server.answers(READ)
    model = paid(server, redis, Limits(tokens_per_job=1500), str(new_id()))

    result = await of(model, job_id=str(new_id()))

    assert result.language_model.status == "over_budget"
    assert server.asked == []


async def test_a_budget_of_money_is_reckoned_from_the_prices(server: LanguageServer, redis: Redis) -> None:
    server.answers(Told("no idea", tokens=(900_000, 100)), READ)
    limits = Limits(10_000_000, prompt_price=1.0, answer_price=4.0, cost_per_job=0.9)

    result = await of(paid(server, redis, limits, str(new_id())), job_id=str(new_id()))

    assert result.language_model.status == "over_budget"
    assert len(server.asked) == 1


async def test_what_was_reserved_and_not_used_is_put_back(server: LanguageServer, redis: Redis) -> None:
    server.answers(READ, PLAIN)
    job = str(new_id())

    await of(paid(server, redis, Limits(20_000), str(new_id())), job_id=job)

    spent = await redis.hmget(f"solarsync:language:spent:{job}", ["prompt", "answer"])
    assert [int(value or 0) for value in spent] == [200, 40]


async def test_a_model_that_was_closed_leaves_the_next_one_its_connections(server: LanguageServer) -> None:
    server.answers(READ, PLAIN, READ, PLAIN)
    first = asking(server)
    assert (await of(first)).language_model.status == "used"
    await first.aclose()
    assert (await of(asking(server))).language_model.status == "used"


async def test_the_same_question_is_paid_for_once(server: LanguageServer, redis: Redis) -> None:
    server.answers(READ, PLAIN)
    model = paid(server, redis, Limits(20_000), str(new_id()))

    first = await of(model, job_id=str(new_id()))
    second = await of(model, job_id=str(new_id()))

    assert len(server.asked) == 2
    assert without_the_model(first) == without_the_model(second)
    assert second.language_model.tokens == 0


async def test_a_run_that_another_worker_goes_on_with_asks_nothing_again(
    server: LanguageServer, redis: Redis
) -> None:
    server.answers(READ, PLAIN)
    thread, run = str(new_id()), str(new_id())
    model = RecordedLanguageModel(asking(server), "m", RecordedCalls(redis, ttl_seconds=60))
    for attempt in (1, 2):
        await RedisSaver(redis, ttl_seconds=60, fenced=True).claim(thread, attempt)
        with run_in_hand(thread, run, attempt):
            await of(model, job_id=thread)

    assert len(server.asked) == 2


async def test_a_redis_that_is_away_costs_the_model_and_nothing_else(server: LanguageServer) -> None:
    away = create_redis("redis://127.0.0.1:1")
    server.answers(READ)

    result = await of(paid(server, away, Limits(20_000)))

    assert result.language_model.status == "unavailable"
    assert server.asked == []
    await away.aclose()
