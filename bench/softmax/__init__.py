"""Softmax regression to a known accuracy: Poise against the tools people use. See bench/README.md."""
