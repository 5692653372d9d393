"""What the machine can do, measured in the same run: reading memory on two threads, and a large float32 product.

python -m common.limits BYTES prints one JSON object. BLAS runs on one thread inside two Python threads (it releases
the interpreter lock), so that each thread reads or multiplies its own half.
"""
import concurrent.futures
import json
import sys
import time

import numpy as np

from common.processes import environment, run

THREADS, ROUNDS, SIZE = 2, 7, 3072


def best_seconds(task, parts):
    """The fastest of several rounds of `task` on every part at once."""
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            list(pool.map(task, parts))
            seconds.append(time.perf_counter() - start)
    return min(seconds)


def read_bandwidth(size):
    """Bytes a second of summing squares over an array of `size` bytes (numpy's own sum is slower than memory)."""
    values = np.ones(max(size // 4, 1 << 16), dtype=np.float32)
    repeats = max(1, (64 << 20) // values.nbytes)
    return repeats * values.nbytes / best_seconds(lambda part: [part @ part for _ in range(repeats)],
                                                  np.array_split(values, THREADS))


def float32_peak():
    left, right = np.ones((SIZE, SIZE), dtype=np.float32), np.ones((SIZE, SIZE), dtype=np.float32)
    return 2 * SIZE**3 / best_seconds(lambda part: part @ right, np.array_split(left, THREADS))


def measure_limits(size, folder, blas="openblas"):
    finished = run([sys.executable, "-m", "common.limits", size], 120, environment(1, blas), folder)
    return json.loads(finished.stdout)


if __name__ == "__main__":
    print(json.dumps(dict(bytes_per_second=read_bandwidth(int(sys.argv[1])), flops_per_second=float32_peak())))
