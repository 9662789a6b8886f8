"""Functions that are known and refused, with the reason and what to write instead."""

from __future__ import annotations

_RANDOM = "gives another value each time, so that no plan says what leaves"
_SESSION = "tells about the session, not about the data"
_OUTSIDE = "reaches outside the query"

REFUSED: dict[str, tuple[str, str]] = {
    **dict.fromkeys(
        "random uuid gen_random_uuid uuidv4 uuidv7 setseed reservoir_quantile".split(),
        (_RANDOM, "hash() of a key gives a stable choice"),
    ),
    "invoke": ("takes a lambda, whose names are not traced", "call list_transform"),
    **dict.fromkeys(
        """
        current_setting getvariable getenv user current_role
        current_database current_schema current_schemas current_query
        current_query_id current_connection_id current_transaction_id txid_current version
        in_search_path stats
        """.split(),
        (_SESSION, "leave it out"),
    ),
    **dict.fromkeys(
        """
        query query_table read_csv read_csv_auto read_parquet parquet_scan read_json
        read_json_auto read_json_objects read_ndjson read_text read_blob glob sniff_csv
        write_log nextval currval setval sleep_ms pg_sleep which_secret duckdb_secrets
        """.split(),
        (_OUTSIDE, "name an input of the step"),
    ),
    "error": ("puts values into error messages", "reject rows by the contract"),
    "assert_true": ("puts values into error messages", "reject rows by the contract"),
    "columns": ("stands for columns that are not named", "name the columns"),
    "fill": ("computes with the values of the window's order", "join the values in between"),
}
