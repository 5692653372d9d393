"""Default penalties, one-hot units and networks on public data sets. See bench/README.md."""
