"""What is done to a value: one file a treatment."""
