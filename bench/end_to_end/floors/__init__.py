"""Copies that protect nothing and check nothing: the floor under any protected copy."""
