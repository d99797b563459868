"""A language model whose answers are recorded: a run that is redelivered does not ask it again."""

from functools import partial

from core.ports import Completion, ExternalCalls, LanguageModel
from state.base import JsonObject


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
