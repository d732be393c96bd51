"""Files in: readers, header maps, numbers with units, row errors, batches."""
