"""Which columns always hold a value: known of Pydantic's own types where nothing else has a say."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, EmailStr, Field, model_validator

from lockgate.contract.from_pydantic import compile_model


class Kind(enum.Enum):
    A = "a"


class Values(BaseModel):
    text: Annotated[str, Field(min_length=1, pattern="^a")]
    whole: Annotated[int, Field(ge=0)]
    real: float
    flag: bool
    amount: Annotated[Decimal, Field(max_digits=8, decimal_places=2)]
    day: dt.date
    moment: dt.datetime
    clock: dt.time
    id: uuid.UUID
    raw: bytes
    word: Literal["a", "b"]


class Perhaps(BaseModel):
    optional: str | None
    defaulted: str = "x"
    unchecked: str = None  # type: ignore[assignment]  # what Pydantic lets pass
    literal: Literal["a", None]
    before: Annotated[str, BeforeValidator(str)]
    after: Annotated[str, AfterValidator(lambda value: value or None)]
    email: EmailStr  # a function around text
    kind: Kind


class AfterTheRow(BaseModel):
    text: str

    @model_validator(mode="after")
    def forget(self) -> Self:
        self.text = None  # type: ignore[assignment]  # what Pydantic lets pass
        return self


class BeforeTheRow(BaseModel):
    text: str

    @model_validator(mode="wrap")
    @classmethod
    def forget(cls, value: Any, handler: Any) -> Any:
        return cls.model_construct(text=None)


class OnceMade(BaseModel):
    text: str

    def model_post_init(self, context: Any) -> None:
        self.text = None  # type: ignore[assignment]  # what Pydantic lets pass


def always(model: type[BaseModel]) -> dict[str, bool]:
    contract = compile_model(model, id="c", name="c")
    return {column.name: column.never_null for column in contract.columns}


def test_required_values_of_plain_types_are_always_there() -> None:
    assert all(always(Values).values())


def test_what_may_be_left_out_or_runs_code_promises_nothing() -> None:
    assert not any(always(Perhaps).values())
    for model in (AfterTheRow, BeforeTheRow, OnceMade):
        assert always(model) == {"text": False}
