"""References to secrets, resolved late: nothing secret stands in a file."""
