"""What watches a run: its progress, and what became of it."""
