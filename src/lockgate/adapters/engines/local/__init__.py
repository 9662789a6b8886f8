"""Steps on this machine: locked DuckDB for SQL, Python functions, an encrypted spool between."""
