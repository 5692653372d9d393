"""The child process of one peer run: python -m network.peers MODULE SPEC.json; prints one JSON object.

Loading is over before the clock starts.
"""
import importlib
import json
import pathlib
import sys
import time
import types
import warnings

import numpy as np


class Clock:
    """Counts whole epochs: the first one warms up, then until `budget` seconds have passed."""

    def __init__(self, budget):
        self.budget, self.epochs, self.origin = budget, 0, None

    def epoch_ended(self):
        """True once enough epochs are timed."""
        now = time.perf_counter()
        if self.origin is None:
            self.origin = now
            return False
        self.epochs, self.seconds = self.epochs + 1, now - self.origin
        return self.seconds >= self.budget

    def result(self, rows, accuracy):
        return dict(rate=rows * self.epochs / self.seconds, epochs=self.epochs + 1, accuracy=float(accuracy), remark="")


def main():
    warnings.simplefilter("ignore")
    task = types.SimpleNamespace(**json.loads(pathlib.Path(sys.argv[2]).read_text()))
    folder = pathlib.Path(task.data)
    task.features, task.labels = np.load(folder / "features.npy"), np.load(folder / "labels.npy")
    task.clock = Clock(task.budget)
    print(json.dumps(importlib.import_module(f"network.peers.{sys.argv[1]}").measure(task)))


main()
