"""Which keys: the keyring, derivation, rotation."""
