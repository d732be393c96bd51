"""Slow, obvious reference implementation of definitions.md (sections 1-5), as a test oracle."""
