"""A contract written as a Pydantic model. `Labelled` says how sensitive a column is."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lockgate import Labelled


class Visit(BaseModel):
    """One visit to the clinic."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    patient_no: Annotated[str, Field(pattern=r"^P-[0-9]{4}$"), Labelled("phi.mrn", subject=True)]
    email: Annotated[str | None, Labelled("pii.email")] = None
    visited_on: Annotated[date, Labelled("phi.service_date")]
    charge: Annotated[
        Decimal, Field(ge=0, max_digits=12, decimal_places=2), Labelled("financial.amount")
    ]
