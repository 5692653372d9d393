#!/usr/bin/env python3
"""Solves a problem larger than the memory allowed, and looks that it stays within: scripts/larger_than_memory.py --gigabytes 20 --memory 2G

Writes float32 rows of 128 features and 10 overlapping classes to FOLDER (removed at the end), reads them once to know how fast the
disk or the system's cache gives them, and trains the softmax layer on them with --memory. Prints the certificate, the largest
resident memory, and the speed at which the passes went through the file beside that of reading it. Exit code 1 if the run is not
certified or took more than 1.15 times the memory; 77 without python3-numpy.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

try:
    import numpy as np
except ImportError:
    print("skipped: needs python3-numpy", file=sys.stderr)
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parent.parent
FEATURES, CLASSES, ROWS_AT_ONCE = 128, 10, 65_536
# A small process of its own: Linux counts the memory of the one that starts a program as the program's.
LAUNCHER = """import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, end='', flush=True)
sys.exit(code)"""
UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def write_rows(folder, rows, seed=1):
    """x.npy and y.npy: class means at 0.3 in every feature, noise of size 1, labels wrong in a tenth of the rows."""
    random = np.random.default_rng(seed)
    means = random.standard_normal((CLASSES, FEATURES), dtype=np.float32) * np.float32(0.15)
    x = np.lib.format.open_memmap(folder / "x.npy", mode="w+", dtype=np.float32, shape=(rows, FEATURES))
    labels = np.empty(rows, np.uint8)
    del x  # its header is written; rows are appended, so that they need not be in memory
    with open(folder / "x.npy", "r+b") as file:
        file.seek(128)
        for first in range(0, rows, ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, rows - first)
            y = random.integers(0, CLASSES, count)
            block = random.standard_normal((count, FEATURES), dtype=np.float32)
            block += means[y]
            block.tofile(file)
            wrong = random.random(count) < 0.1
            labels[first:first + count] = np.where(wrong, random.integers(0, CLASSES, count), y)
    np.save(folder / "y.npy", labels)


def bytes_a_second(path):
    room = bytearray(8 << 20)
    begin = time.perf_counter()
    with open(path, "rb", buffering=0) as file:
        while file.readinto(room):
            pass
    return path.stat().st_size / (time.perf_counter() - begin)


def bytes_of(text):
    return int(float(text[:-1]) * UNITS[text[-1]]) if text[-1] in UNITS else int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--memory", default="200M", help="as of poise train")
    parser.add_argument("--folder", help="where there is room; default: the system's for temporary files")
    parser.add_argument("--poise", default=str(ROOT / "build/release/bin/poise"))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("options", nargs="*", help="more options of poise train, behind --")
    asked = parser.parse_args()
    rows = int(asked.gigabytes * 1.024e9 / (4 * FEATURES)) // 1000 * 1000
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = pathlib.Path(name)
        write_rows(folder, rows)
        size = (folder / "x.npy").stat().st_size
        speed = bytes_a_second(folder / "x.npy")
        command = [asked.poise, "train", str(folder / "x.npy"), "--labels", str(folder / "y.npy"), "--memory", asked.memory,
                   "--out", str(folder / "run"), "--quiet", "--json", *asked.options]
        if asked.threads:
            command += ["--threads", str(asked.threads)]
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=False,
                              env=os.environ | {"TMPDIR": str(folder)})
        seconds = time.perf_counter() - began
        if done.returncode:
            print(f"poise train ended with exit code {done.returncode}")
            return 1
        answer, resident = done.stdout.rsplit(b"\n", 1)
        result = json.loads(answer)
    passes, solving = result["passes"], result["seconds"]
    resident, allowed = int(resident) * 1024, bytes_of(asked.memory)
    print(f"{rows:,} x {FEATURES} float32, {size / 1e9:.2f} GB, with --memory {asked.memory}: {result['status']}, gap {result['gap']:.2e}")
    print(f"largest resident memory {resident / 1e9:.3f} GB, {resident / allowed:.2f} of what is allowed; {seconds:.0f} s in all")
    print(f"{passes:g} passes in {solving:.1f} s: {passes * size / solving / 1e9:.2f} GB/s; reading alone {speed / 1e9:.2f} GB/s: "
          f"{passes * size / solving / speed:.2f} of it")
    return 0 if result["status"] == "certified" and resident <= 1.15 * allowed else 1


if __name__ == "__main__":
    sys.exit(main())
