"""Proving: labels carried from every source column to every sink."""
