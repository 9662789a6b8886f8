"""What the user declares: sources, selections, sinks."""
