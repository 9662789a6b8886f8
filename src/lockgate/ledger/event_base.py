"""What every event of the ledger has."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class EventBase(BaseModel):
    """Fields every event has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    principal: str = Field(min_length=1)
    purpose: str = Field(min_length=1)
