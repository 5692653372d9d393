"""What --telemetry costs. See bench/README.md."""
