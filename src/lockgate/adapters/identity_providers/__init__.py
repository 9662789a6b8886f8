"""Who says who acts: tokens and their keys, log-ins at a provider, the built-in issuer."""
