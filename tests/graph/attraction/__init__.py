"""Tests of how projects are courted and parks are served."""
