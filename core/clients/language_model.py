"""A language model behind the chat-completions protocol, asked through `langchain_openai`.

The library takes seconds to import and is imported with the first question, in a thread.
"""

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from core.clients.gate import Gate, NotAsked
from core.errors import ModelUnavailable
from core.metrics import LLM_TOKENS
from core.ports import Completion
from state.base import JsonObject

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage
    from langchain_openai import ChatOpenAI

MAX_ANSWER_TOKENS: Final = 1_000
RETRIES: Final = 2
"""Of passing failures, by the library, within the time of one question."""
BYTES_PER_TOKEN: Final = 3
"""Where nobody counted. English has four to a token in OpenAI's tokenizers, other languages fewer."""
FILTERED: Final = "its content filter"
NOT_IN_STRICT_SCHEMAS: Final = frozenset(
    {"title", "description", "default", "minLength", "maxLength", "minItems", "maxItems"}
)
"""Keywords that servers refuse in a schema they hold answers to; answers are validated here in any case."""


def estimated_tokens(text: str) -> int:
    return math.ceil(len(text.encode()) / BYTES_PER_TOKEN)


class OpenAiModel:
    """`core.ports.LanguageModel`; `seconds` is for one question with its retries and its turn."""

    def __init__(
        self,
        name: str,
        *,
        api_key: SecretStr | None,
        base_url: str | None,
        seconds: float,
        gate: Gate,
    ) -> None:
        self._name = name
        self._api_key = api_key or SecretStr(
            "none"
        )  # servers on one's own machine want none, the library wants one
        self._base_url = base_url
        self._seconds = seconds
        self._gate = gate
        self._making = asyncio.Lock()
        self._chat: ChatOpenAI | None = None
        self._holds_to_schema = True

    async def complete(self, system: str, user: str, schema: JsonObject, *, account: str) -> Completion:
        del account  # paid for by whoever wraps this
        try:
            async with asyncio.timeout(self._seconds), self._gate.turn():
                try:
                    answer = await self._answer(system, user, schema)
                except BaseException:  # cancelled too: the server hangs
                    self._gate.failed()
                    raise
                self._gate.succeeded()
                LLM_TOKENS.labels("prompt").inc(answer.prompt_tokens)
                LLM_TOKENS.labels("answer").inc(answer.answer_tokens)
        except TimeoutError:
            raise ModelUnavailable("timed_out", f"no answer within {self._seconds:g} s") from None
        except NotAsked as error:
            raise ModelUnavailable("unavailable", error.reason) from None
        return answer

    async def aclose(self) -> None:
        if self._chat is not None:
            await self._chat.root_async_client.close()

    async def _answer(self, system: str, user: str, schema: JsonObject) -> Completion:
        chat = await self._made()
        import openai  # noqa: PLC0415  see the module

        messages = [("system", system), ("human", user)]
        strict = {"name": "answer", "strict": True, "schema": _strict(schema)}
        held: dict[str, Any] = {"response_format": {"type": "json_schema", "json_schema": strict}}
        try:
            if self._holds_to_schema:
                try:
                    return _completion(await chat.ainvoke(messages, **held), self._name, system + user)
                except (openai.BadRequestError, openai.UnprocessableEntityError):
                    self._holds_to_schema = False  # the prompt asks for the schema as well
            return _completion(await chat.ainvoke(messages), self._name, system + user)
        except openai.LengthFinishReasonError:
            most = (estimated_tokens(system + user), MAX_ANSWER_TOKENS)
            return Completion(
                content="", cut_off=True, model=self._name, prompt_tokens=most[0], answer_tokens=most[1]
            )
        except openai.ContentFilterFinishReasonError:
            asked = estimated_tokens(system + user)
            return Completion(
                content="", refusal=FILTERED, model=self._name, prompt_tokens=asked, answer_tokens=0
            )
        except openai.APITimeoutError:
            raise TimeoutError from None
        except openai.APIStatusError as error:
            raise ModelUnavailable("unavailable", f"HTTP {error.status_code}") from None
        except (openai.OpenAIError, ValueError, TypeError, LookupError, AttributeError) as error:
            # The library reads what servers answer without looking at it first.
            raise ModelUnavailable("unavailable", f"cannot be asked ({type(error).__name__})") from None

    async def _made(self) -> "ChatOpenAI":
        async with self._making:
            if self._chat is None:
                self._chat = await asyncio.to_thread(self._make)
            return self._chat

    def _make(self) -> "ChatOpenAI":
        from langchain_openai import ChatOpenAI  # noqa: PLC0415  see the module
        from openai import DefaultAsyncHttpxClient  # noqa: PLC0415

        return ChatOpenAI(
            model=self._name,
            api_key=self._api_key,
            base_url=self._base_url,
            timeout=self._seconds,
            max_retries=RETRIES,
            temperature=0,
            max_completion_tokens=MAX_ANSWER_TOKENS,
            use_responses_api=False,
            # The library's own is one for the process and the address; closed by one model, it is closed for the next.
            http_async_client=DefaultAsyncHttpxClient(timeout=self._seconds),
        )


def _completion(answer: "AIMessage", name: str, asked: str) -> Completion:
    content = answer.content if isinstance(answer.content, str) else ""
    usage = answer.usage_metadata
    counted = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
    reason = answer.response_metadata.get("finish_reason")
    refusal = answer.additional_kwargs.get("refusal")
    if reason == "content_filter":
        refusal = refusal or FILTERED
    return Completion(
        content=content,
        refusal=str(refusal) if refusal else None,
        cut_off=reason == "length",
        model=name,
        prompt_tokens=max(counted[0], 0) or estimated_tokens(asked),
        answer_tokens=max(counted[1], 0) or estimated_tokens(content),
    )


def _strict(schema: Any) -> Any:  # noqa: ANN401  any part of a JSON schema
    """The schema in the subset that servers hold answers to: every property is required."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _strict(value) for key, value in schema.items() if key not in NOT_IN_STRICT_SCHEMAS}
    return kept | ({"required": list(kept["properties"])} if "properties" in kept else {})
