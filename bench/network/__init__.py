"""Samples a second of training and inference of small networks: Poise against the tools people use. See bench/README.md."""
