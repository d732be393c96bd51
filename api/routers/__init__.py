"""Routes: validate, ask the desk, render."""
