"""The tools Poise is measured against; each run is a process of its own (`python -m softmax.peers spec.json`)."""
