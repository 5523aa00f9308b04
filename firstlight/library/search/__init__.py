"""Search in published cases: one index in the database, read by every process, the same on SQLite and PostgreSQL."""
