"""Open Data Contract Standard v3: reading contracts, writing an output's contract."""
