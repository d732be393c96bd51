"""Pictures, templates, words and exports: plain values in, bytes out."""
