"""Finding secrets that stand in files."""
