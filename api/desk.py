"""The desk: the one place where a question meets the store; every face asks here and renders."""
