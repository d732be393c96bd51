"""A slow, obvious second implementation of `definitions.md`, written without seeing the product.

It exists to disagree: where the product and this package give different numbers for the same
tables, one of them has misread the text. `READING.md` lists every place where the text left a
choice and the choice made here. Nothing here is fast, and nothing here is used by the product.
"""
