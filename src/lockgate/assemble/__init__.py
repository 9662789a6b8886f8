"""Configuration to objects: the only place that chooses adapters."""
