"""State over SQL: SQLite by default, PostgreSQL by URL. ``store.open_state`` opens it."""
