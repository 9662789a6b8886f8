"""CSV, JSON Lines and Parquet files."""
