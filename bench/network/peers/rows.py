"""Rows a second of a model that is given one batch after another."""
import time

BATCHES = 64


def rate(model, features, batch, seconds):
    """Batches are cut before the clock starts, so that a peer's time is its own."""
    parts = [features[first:first + batch] for first in range(0, len(features) - batch + 1, batch)][:BATCHES]
    rows, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for part in parts:
            model(part)
        rows += batch * len(parts)
    return rows / (time.perf_counter() - start)
