"""Where secrets are kept: one file a store."""
