"""From what a company wrote down to points in its knowledge: texts, chunks, and what changed since the last resync."""
