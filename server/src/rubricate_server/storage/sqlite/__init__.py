"""The embedded engine: one SQLite file, narrow rows beside column-wise compressed blocks."""
