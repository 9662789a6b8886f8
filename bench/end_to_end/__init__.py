"""A whole file from clear to protected: ours, unprotected copies, and how others do it."""
