"""Sessions with services elsewhere: bounded, verified, and silent about what they carry."""
