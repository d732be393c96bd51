"""Bugs planted one at a time, each of which has to turn the suite red: tests of the tests.

Run as `python -m tests.planted [name …]`; it works in a copy of the tree.
"""
