"""How fast text files of numbers are read. See bench/README.md."""
