"""What a dispatcher may change of a result, and why they did."""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AliasChoices, BeforeValidator, Field, model_validator

from state.base import Model
from state.dispatch import Period
from state.triage import Priority


def _id_of(technician: Any) -> Any:  # noqa: ANN401  anything may arrive; pydantic refuses the rest
    """The result shows a technician as an object; whoever copies it from there means its id."""
    return technician["id"] if isinstance(technician, dict) and "id" in technician else technician


class Changes(Model):
    """New values by the path of what they replace in the result."""

    priority: Priority | None = Field(default=None, alias="triage.priority")
    technician: Annotated[UUID | None, BeforeValidator(_id_of)] = Field(
        default=None,
        validation_alias=AliasChoices("dispatch.technician", "dispatch.technician.id"),
        serialization_alias="dispatch.technician",
        description="The id of an active technician; null sends nobody.",
    )
    visit: Period | None = Field(default=None, alias="dispatch.visit", description="Null plans no visit.")

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must change something: triage.priority, dispatch.technician or dispatch.visit")
        if "priority" in self.model_fields_set and self.priority is None:
            raise ValueError("triage.priority must be one of: P1, P2, P3, P4")
        sends = {getattr(self, name) is not None for name in ("technician", "visit") if self.gives(name)}
        if len(sends) == 2:
            raise ValueError("a technician needs a visit, and a visit a technician")
        return self

    @property
    def move_the_visit(self) -> bool:
        return self.gives("technician") or self.gives("visit")

    def gives(self, name: str) -> bool:
        """Whether there is a new value, null or not."""
        return name in self.model_fields_set


class Override(Model):
    changes: Changes
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
