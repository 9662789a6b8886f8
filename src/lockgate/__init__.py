"""Moves sensitive data so that nothing leaves unvalidated, unprotected, unauthorised or unrecorded."""
