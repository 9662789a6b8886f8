"""What may rest where: zones and treatments by label."""
