"""What was proven: checked plans and released batches."""
