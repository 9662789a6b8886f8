"""What is remembered: events in a signed Merkle log."""
