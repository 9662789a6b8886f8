"""The model that everybody judges by: eight columns, as a user would write it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import pyarrow as pa
from pydantic import BaseModel, EmailStr, Field

from lockgate.contract.from_pydantic import compile_model
from lockgate.contract.model import Contract

SSN = r"^\d{3}-\d{2}-\d{4}$"
PHONE = r"^\d{3}-\d{3}-\d{4}$"
ZIP = r"^\d{5}(-\d{4})?$"
LONGEST_NAME = 40
OLDEST = 120
FIRST_DAY = dt.date(1990, 1, 1)
LAST_DAY = dt.date(2030, 12, 31)

SCHEMA = pa.schema(
    {
        "id": pa.int64(),
        "email": pa.string(),
        "ssn": pa.string(),
        "phone": pa.string(),
        "zip": pa.string(),
        "name": pa.string(),
        "age": pa.int64(),
        "joined": pa.date32(),
    }
)


class Member(BaseModel):
    """A member of something."""

    id: Annotated[int, Field(ge=1)]
    email: EmailStr
    ssn: Annotated[str, Field(pattern=SSN)]
    phone: Annotated[str, Field(pattern=PHONE)]
    zip: Annotated[str, Field(pattern=ZIP)]
    name: Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
    age: Annotated[int, Field(ge=0, le=OLDEST)]
    joined: Annotated[dt.date, Field(ge=FIRST_DAY, le=LAST_DAY)]


def contract() -> Contract:
    """The model as a contract."""
    return compile_model(Member, id="bench.members", name="members")
