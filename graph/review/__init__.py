"""准入评审: what a park's own standard says of an application. No store, no clock, no files."""
