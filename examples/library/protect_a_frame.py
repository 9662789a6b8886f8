"""The gate inside your own code: a frame goes in, a protected and a rejected frame come out.

Run it in a project that has the contract `visits` (see README.md).
"""

from datetime import date
from decimal import Decimal

import pyarrow as pa

import lockgate

frame = pa.table(
    {
        "patient_no": ["P-1001", "P-1002", "1003"],
        "email": ["ada@example.com", None, "mei@example.com"],
        "visited_on": [date(2026, 1, 12), date(2026, 1, 12), date(2026, 1, 13)],
        "charge": [Decimal("240.00"), Decimal("1810.50"), Decimal("95.00")],
    }
)

with lockgate.open() as lg:
    lg.create_domains()
    released, rejected = lg.gate("visits", zone="analytics", purpose="readmissions")(frame)

print(released.num_rows, "released:", ", ".join(released.column_names))
for row in rejected.select(["lockgate_row", "lockgate_reasons"]).to_pylist():
    print("rejected row", row["lockgate_row"], row["lockgate_reasons"])
