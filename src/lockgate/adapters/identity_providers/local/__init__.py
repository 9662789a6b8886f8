"""The built-in issuer: passwords, keys and secrets of people and services of one project."""
