"""How sensitive a column is."""
