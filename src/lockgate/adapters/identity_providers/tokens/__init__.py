"""Tokens: verified against the keys of whom the project trusts; signed by the built-in issuer."""
