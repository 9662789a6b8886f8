"""Rows a second of the judge, and on how many rows each way of judging agrees with Pydantic."""
