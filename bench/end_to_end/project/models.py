"""What a customer is, and which of it is whose: the contract of the benchmark's project."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, EmailStr, Field

from lockgate import Labelled

Name = Annotated[str, Field(min_length=1, max_length=60)]


class Customer(BaseModel):
    """A row of the file; each column has its label."""

    customer_id: Annotated[int, Field(ge=1), Labelled("public")]
    first_name: Annotated[Name, Labelled("pii.name.first")]
    last_name: Annotated[Name, Labelled("pii.name.last")]
    email: Annotated[EmailStr, Labelled("pii.email")]
    phone: Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9]{3}-[0-9]{4}$"), Labelled("pii.phone")]
    ssn: Annotated[str, Field(pattern=r"^[0-9]{3}-[0-9]{2}-[0-9]{4}$"), Labelled("pii.ssn")]
    birth_date: Annotated[date, Labelled("pii.birth_date")]
    street: Annotated[str, Field(max_length=100), Labelled("pii.address")]
    city: Annotated[str, Field(max_length=60), Labelled("pii.city")]
    state: Annotated[str, Field(pattern=r"^[A-Z]{2}$"), Labelled("public")]
    zip: Annotated[str, Field(pattern=r"^[0-9]{5}$"), Labelled("pii.zip")]
    segment: Annotated[
        Literal["standard", "gold", "business", "student", "trial"], Labelled("public")
    ]
    balance: Annotated[
        Decimal | None, Field(max_digits=12, decimal_places=2), Labelled("public")
    ] = None
    joined_at: Annotated[datetime, Labelled("public")]
    note: Annotated[str | None, Field(max_length=200), Labelled("public")] = None
