"""Poise against the tools people use: softmax regression to a known accuracy, and paths of penalties. See bench/README.md."""
