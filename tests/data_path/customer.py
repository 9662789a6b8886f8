"""The contract that files of the data path are made for; projects get it as their models.py."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, EmailStr, Field

from lockgate import Labelled


class Customer(BaseModel):
    """A column of every kind that the judge decides by column, some of them optional."""

    number: Annotated[int, Field(ge=1, le=10**15), Labelled("public")]
    name: Annotated[str, Field(min_length=1, max_length=80), Labelled("pii.name")]
    email: Annotated[EmailStr, Labelled("pii.email")]
    ssn: Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$"), Labelled("pii.ssn")]
    phone: Annotated[
        str | None, Field(pattern=r"^[0-9]{3}-[0-9]{3}-[0-9]{4}$"), Labelled("pii.phone")
    ] = None
    balance: Annotated[Decimal, Field(max_digits=12, decimal_places=2), Labelled("public")]
    born: Annotated[date | None, Labelled("pii.birth_date")] = None
    seen: Annotated[datetime, Labelled("public")]
    segment: Annotated[Literal["standard", "gold", "business"], Labelled("public")]
    note: Annotated[str | None, Field(max_length=20_000), Labelled("public")] = None


class Remark(BaseModel):
    """A table of one column, in which a blank line is a row."""

    note: Annotated[str | None, Field(max_length=60), Labelled("public")] = None


class Entry(BaseModel):
    """What the damage corpus is made of: ``number`` tells which record a released row was."""

    number: Annotated[int, Field(ge=1, le=10**9), Labelled("public")]
    name: Annotated[str, Field(min_length=1, max_length=80), Labelled("pii.name")]
    note: Annotated[str | None, Field(max_length=100), Labelled("public")] = None


class Pair(BaseModel):
    """Two cells that may hold anything."""

    left: Annotated[str | None, Labelled("public")] = None
    right: Annotated[str | None, Labelled("public")] = None
