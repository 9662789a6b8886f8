"""Access policies in Cedar: the schema, the shipped policies, a project's own, the engine."""
