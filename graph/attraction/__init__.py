"""How projects are courted and parks are served."""
