"""The demonstration: invented patients go from clear to protected, and the run proves it."""
