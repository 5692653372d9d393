"""Parts of fuzz_certificates.py: what is drawn, how it is written and run, and the referee that judges the answers."""
