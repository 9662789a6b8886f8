"""Logging in at an OpenID provider: people by a browser or a code, services, workloads."""
