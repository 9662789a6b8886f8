"""Opening a column of Fernet tokens, which carry no key number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lockgate.errors import IntegrityError
from lockgate.kernel.decode import decode
from lockgate.kernel.fernet import fernet_opened
from lockgate.run.context import RunContext
from lockgate.run.opening import Found, Origin, changed_meanwhile, foreign


@dataclass(frozen=True, slots=True)
class FernetColumn:
    """Fernet tokens of ``name``, of the key domain ``domain`` if the contract is right.

    A token carries no key number: the domain's keys are tried, and those that opened are told. It
    is not bound to its column either.
    """

    name: str
    origin: Origin
    arrow_type: pa.DataType
    domain: str

    def look(self, context: RunContext, rows: pa.RecordBatch, found: Found) -> None:
        """Count the tokens, those that no key opens, and find the keys of the others."""
        if self.domain not in self.origin.domains:
            raise foreign(self.origin)
        keys = context.keys.fernet_keys(self.domain)
        values = rows.column(self.name)
        opened, used = fernet_opened(values, [derived.key for derived in keys])
        found.count += len(values) - values.null_count
        found.refused += opened.null_count - values.null_count
        found.key_numbers |= {keys[at].number for at in np.unique(used) if at >= 0}

    def refuse(self, context: RunContext, found: Found) -> None:
        """Refuse another domain than the column's, and tokens that no key of it opens."""
        if self.domain not in self.origin.domains:
            raise foreign(self.origin)
        if found.refused:
            raise IntegrityError(
                f"{found.refused} of {found.count} values of column {self.origin.name} do not open",
                hint="they were changed, or are under a key that is destroyed or of another domain",
            )

    def open(self, context: RunContext, rows: pa.RecordBatch) -> pa.Array:
        """The values as they were protected."""
        keys = [derived.key for derived in context.keys.fernet_keys(self.domain)]
        values = rows.column(self.name)
        opened, _ = fernet_opened(values, keys)
        if opened.null_count != values.null_count:
            raise changed_meanwhile()
        return decode(opened, self.arrow_type)
