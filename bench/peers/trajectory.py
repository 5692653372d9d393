"""What a tool's run leaves behind: its iterates with their times; and when it came how close to the optimum.

The child process writes (Recorder), with its clock stopped meanwhile and the iterates on disk rather than in memory, so
that neither time nor peak memory is the harness's. The parent evaluates them afterwards in float64 (crossings). All that
is written is there at once: of a child that had to be killed, the points so far count.
"""
import pathlib
import re
import time

import numpy as np

THRESHOLDS = (1e-2, 1e-4, 1e-6)
SPACING = 1.01      # an iterate is kept when the clock has moved by 1 % since the last one kept
ASK_SPACING = 1.03  # the referee is asked again when it has moved by 3 %
ROUNDING = {8: 1e-9, 4: 1e-5}  # relative error to allow for in a tool's own loss, by bytes of its numbers


class BudgetSpent(Exception):
    """The run's time is over, or the referee says that the last threshold is passed."""


class Recorder:
    """The clock of a run, and its points. `problem` is the referee's, or None: a warm-up of which nothing is kept."""

    def __init__(self, folder, budget, problem=None, optimum=None, number_bytes=8):
        self.folder, self.budget, self.problem = pathlib.Path(folder), budget, problem
        self.times, self.stopped, self.asked, self.peak_mib, self.reached = [], 0.0, 0.0, 0.0, np.inf
        self.target = np.inf if optimum is None else optimum * (1 + THRESHOLDS[-1])
        self.hint = self.target * (1 + ROUNDING[number_bytes])
        if problem:
            self.iterates = open(self.folder / "iterates.bin", "wb", buffering=0)
            self.clock = open(self.folder / "times.bin", "wb", buffering=0)

    def start(self):
        self.origin = time.perf_counter()
        if self.problem:
            (self.folder / "started").touch()

    def elapsed(self):
        return time.perf_counter() - self.origin - self.stopped

    def check_budget(self):
        if self.elapsed() > self.budget:
            raise BudgetSpent("time limit")

    def add(self, theta, own_objective=None):
        """An iterate of a running solver; `own_objective`: the tool's own value of f there, if it has one."""
        seconds = self.elapsed()
        close = own_objective is not None and own_objective <= self.hint
        if close and seconds >= ASK_SPACING * self.asked:
            self.asked = seconds
            self.append(seconds, theta, ask=True)
        elif not self.times or seconds >= SPACING * self.times[-1]:
            self.append(seconds, theta)
        self.check_budget()

    def append(self, seconds, theta, ask=False):
        """A point: the seconds it took, and [W; b]. If asked, the referee ends the run at the last threshold."""
        entered = time.perf_counter()
        self.times.append(seconds)
        if self.problem:
            np.ascontiguousarray(theta, dtype=np.float64).tofile(self.iterates)
            np.array([seconds]).tofile(self.clock)
            if ask:
                self.peak_mib = self.peak_mib or peak_mib()
                if self.problem.objective_of(theta) <= self.target:
                    self.reached = seconds
                    raise BudgetSpent("1e-6 reached")
        self.stopped += time.perf_counter() - entered

    def about(self, remark):
        """What is to be known of the run beside its points."""
        self.iterates.close()
        self.clock.close()
        return dict(remark=remark, peak_mib=self.peak_mib or peak_mib())


def peak_mib():
    """The largest resident set of this process so far; the referee's copy of the data comes later."""
    found = re.search(r"^VmHWM:\s+(\d+) kB", pathlib.Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024


class Trajectory:
    """A finished run's points; objectives are evaluated when asked for, once."""

    def __init__(self, folder, problem):
        width, self.problem, self.objectives = (problem.columns + 1) * problem.classes, problem, {}
        self.times = np.fromfile(folder / "times.bin").tolist() if (folder / "times.bin").exists() else []
        path = folder / "iterates.bin"
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

    def final(self, optimum):
        """(f − f*)/f* of the last point, or None."""
        return min((self.objective(len(self) - 1) - optimum) / optimum, np.inf) if len(self) else None


def crossings_of_curve(curve, optimum):
    """The same for a list of (seconds, objective) in time order."""
    return [next((seconds for seconds, value in curve if value - optimum <= threshold * optimum), None)
            for threshold in THRESHOLDS]
