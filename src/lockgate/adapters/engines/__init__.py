"""Running steps: where rows are computed between a source and a sink."""
