#!/usr/bin/env python3
"""Kills workers of a Dask cluster (kill -9) at random moments of solves, and compares the bits with one process.

    build/python/newest/bin/python scripts/kill_dask_workers.py --kills 50

Prints what each solve took, how often it was hit, and how long it took undisturbed. Fails where a bit differs, or where
a solve takes longer than ten times the undisturbed one.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import threading
import time

import dask.array as da
import numpy as np
from dask import delayed
from distributed import Client, LocalCluster

from poise import SoftmaxClassifier
from poise.dask import SoftmaxClassifier as OfCluster


BLOCKS = 7


def make_block(number, options):
    """Rows and labels; the classes are the same in all blocks."""
    means = np.random.default_rng(options.seed).normal(size=(options.classes, options.features)) * 0.4
    rng = np.random.default_rng([options.seed, number])
    n = options.rows // BLOCKS
    labels = rng.integers(options.classes, size=n)
    noise = rng.normal(size=(n, options.features)) * np.linspace(0.5, 5, options.features)
    return (means[labels] + noise).astype(np.float32), labels


class Killer:
    """Kills workers that are drawn, at moments of the undisturbed seconds that are drawn, unless it is ended before."""

    def __init__(self, client, rng, seconds, kills):
        self.client, self.rng, self.kills, self.ended = client, rng, 0, threading.Event()
        self.moments = sorted(rng.uniform(0, seconds) for _ in range(kills))
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        begin = time.perf_counter()
        for moment in self.moments:
            if self.ended.wait(max(begin + moment - time.perf_counter(), 0)):
                return
            pids = list(self.client.run(os.getpid, on_error="ignore").values())
            if pids and not self.ended.is_set():
                os.kill(self.rng.choice(pids), signal.SIGKILL)
                self.kills += 1

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.kills


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--features", type=int, default=100)
    parser.add_argument("--classes", type=int, default=20)
    parser.add_argument("--at-once", type=int, default=1, help="kills in a solve: %(default)s")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    blocks = [make_block(number, options) for number in range(BLOCKS)]
    X, y = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    parameters = {"l2": 1e-6, "tolerance": 1e-10}
    start = time.perf_counter()
    alone = SoftmaxClassifier(n_threads=1, **parameters).fit(X, y)
    passes = alone.figures_["passes"]
    print(f"one process, one thread: {time.perf_counter() - start:.1f} s, {passes:g} passes, {alone.certificate_}")
    rng, kills, seconds = random.Random(options.seed), 0, []
    with LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster:
        client, other = Client(cluster), Client(cluster)
        making = [delayed(make_block)(number, options) for number in range(BLOCKS)]
        n = len(X) // BLOCKS
        dX = da.concatenate([da.from_delayed(both[0], (n, X.shape[1]), X.dtype) for both in making])
        dy = da.concatenate([da.from_delayed(both[1], (n,), y.dtype) for both in making])

        def solve():
            start = time.perf_counter()
            clf = OfCluster(client, **parameters).fit(dX, dy)
            if not np.array_equal(clf.coef_, alone.coef_) or clf.certificate_.gap != alone.certificate_.gap:
                sys.exit(f"other bits: {clf.certificate_}")
            return time.perf_counter() - start

        undisturbed = statistics.median(solve() for _ in range(3))
        print(f"{options.workers} workers, undisturbed: {undisturbed:.1f} s", flush=True)
        while kills < options.kills:
            killer = Killer(other, rng, undisturbed, options.at_once)
            took = solve()
            hits = killer.end()
            kills += hits
            seconds += [took] if hits else []
            print(f"{hits} kills: {took:.1f} s, {took / undisturbed:.2f} times undisturbed; {kills} in all", flush=True)
            if took > 10 * undisturbed + 60:
                sys.exit("too long")
            try:
                client.wait_for_workers(options.workers, timeout=10)
            except TimeoutError:  # a worker that was killed while it began is not begun again: another in its place
                cluster.scale(len(client.nthreads()))
                cluster.scale(options.workers)
                client.wait_for_workers(options.workers, timeout=60)
    print(f"{kills} kills, all bits the same; solves that were hit took {statistics.median(seconds) / undisturbed:.2f} "
          f"[{min(seconds) / undisturbed:.2f}–{max(seconds) / undisturbed:.2f}] times as long")


if __name__ == "__main__":
    main()
