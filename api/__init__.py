"""Faces: command line, REST and pages. The only package that knows the web framework."""
