"""Services that wrap keys."""
