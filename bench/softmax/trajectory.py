"""What a tool's run leaves behind: its iterates with their times; and when it came how close to the optimum.

The child process writes (Recorder), with its clock stopped meanwhile and the iterates on disk rather than in memory, so
that neither time nor peak memory is the harness's. The parent evaluates them afterwards in float64 (crossings).
"""
import json
import pathlib
import time

import numpy as np

THRESHOLDS = (1e-2, 1e-4, 1e-6, 1e-8)
SPACING = 1.01  # an iterate is kept when the clock has moved by 1 % since the last one kept


class BudgetSpent(Exception):
    """The run's time is over, or its own float64 objective says that the last threshold is passed."""


class Recorder:
    def __init__(self, folder, budget, good_enough):
        self.folder, self.budget, self.good_enough = pathlib.Path(folder), budget, good_enough
        self.times, self.stopped = [], 0.0
        self.iterates = open(self.folder / "iterates.bin", "wb")

    def start(self):
        self.origin = time.perf_counter()

    def elapsed(self):
        return time.perf_counter() - self.origin - self.stopped

    def check_budget(self):
        if self.elapsed() > self.budget:
            raise BudgetSpent("time budget spent")

    def add(self, theta, own_objective=None):
        """An iterate of a running solver; `own_objective`: its value by the solver's own float64 sums, if any."""
        seconds = self.elapsed()
        done = own_objective is not None and own_objective <= self.good_enough
        if done or not self.times or seconds >= SPACING * self.times[-1]:
            self.append(seconds, theta)
        if done:
            raise BudgetSpent("last threshold passed")
        self.check_budget()

    def append(self, seconds, theta):
        entered = time.perf_counter()
        np.ascontiguousarray(theta, dtype=np.float64).tofile(self.iterates)
        self.times.append(seconds)
        self.stopped += time.perf_counter() - entered

    def close(self, remark):
        self.iterates.close()
        (self.folder / "times.json").write_text(json.dumps(dict(times=self.times, remark=remark)))


class Trajectory:
    """A finished run's iterates; objectives are evaluated when asked for, once."""

    def __init__(self, folder, problem):
        record = json.loads((pathlib.Path(folder) / "times.json").read_text())
        self.times, self.remark = record["times"], record["remark"]
        self.problem, self.objectives = problem, {}
        width = (problem.columns + 1) * problem.classes
        path = pathlib.Path(folder) / "iterates.bin"
        self.iterates = np.memmap(path, np.float64, "r").reshape(-1, width) if self.times else []

    def __len__(self):
        return len(self.times)

    def objective(self, index):
        if index not in self.objectives:
            value = self.problem.objective_of(self.iterates[index])
            self.objectives[index] = value if np.isfinite(value) else np.inf
        return self.objectives[index]

    def first_below(self, target):
        """Index of the first iterate with f ≤ target, by bisection (iterates descend); None if the last is above."""
        low, high = -1, len(self) - 1
        if high < 0 or self.objective(high) > target:
            return None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.objective(middle) <= target else (middle, high)
        return high

    def crossings(self, optimum):
        """Seconds until (f − f*)/f* ≤ each threshold, or None."""
        found = [self.first_below(optimum * (1 + threshold)) for threshold in THRESHOLDS]
        # Restarted fits need not take longer as they get closer: the fastest of those that are close enough.
        return [None if index is None else min(self.times[index:]) for index in found]

    def curve(self):
        """The points that were evaluated, for the raw results."""
        return [[self.times[index], value] for index, value in sorted(self.objectives.items())]


def crossings_of_curve(curve, optimum):
    """The same for a list of (seconds, objective) in time order."""
    return [next((seconds for seconds, value in curve if value - optimum <= threshold * optimum), None)
            for threshold in THRESHOLDS]
