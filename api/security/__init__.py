"""Who asks, what they may, and what no answer goes without."""
