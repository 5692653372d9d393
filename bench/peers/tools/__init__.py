"""The tools Poise is measured against; each run is a process of its own (`python -m peers.tools SPEC.json`)."""
