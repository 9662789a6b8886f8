"""How others protect the same four columns of the same file, written as their users write it."""
