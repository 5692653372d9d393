"""Does rest work as a stop? See bench/README.md."""
