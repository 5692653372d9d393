"""What a user waits for: whole commands on large arrays, from start to end of the process. See bench/README.md."""
