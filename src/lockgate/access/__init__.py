"""Who acts, and whether they may."""
