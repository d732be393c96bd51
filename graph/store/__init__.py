"""Where a chain graph is kept: one contract, one engine a file."""
