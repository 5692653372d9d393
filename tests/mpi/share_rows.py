#!/usr/bin/env python3
"""poise train under mpirun: the bits of one process, one answer, and a quick end where something fails.

  tests/mpi/share_rows.py --poise build/release/bin/poise

Exit code 77 (skipped) without mpirun, or where the tool was built without MPI.
"""

import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

# Test machines are often containers, with root as their user and fewer processors than processes.
MPIRUN = ["mpirun", "--oversubscribe"] + (["--allow-run-as-root"] if os.getuid() == 0 else [])


def command(poise, processes, *words):
    return ([*MPIRUN, "-n", str(processes)] if processes > 1 else []) + [poise, *words]


def run(poise, processes, *words):
    return subprocess.run(command(poise, processes, *words), capture_output=True, text=True, timeout=300)


def write_libsvm(path, rows, features):
    """Few features of many rows, none of them 0: products along sections of the rows."""
    numbers = random.Random(5)
    with open(path, "w") as file:
        for _ in range(rows):
            x = [numbers.uniform(-1, 1) or 0.5 for _ in range(features)]
            label = max(range(3), key=lambda k: x[k] + numbers.gauss(0, 0.5))
            print(label, *(f"{j + 1}:{value:.6f}" for j, value in enumerate(x)), file=file)


def write_csv(path, rows, features):
    numbers = random.Random(6)
    with open(path, "w") as file:
        print(*(f"x{j}" for j in range(features)), "y", sep=",", file=file)
        for _ in range(rows):
            x = [numbers.gauss(1000, 3) for _ in range(features)]
            print(*(f"{value:.3f}" for value in x), "ab"[sum(x[:3]) + numbers.gauss(0, 3) > 3000], sep=",", file=file)


def result_of(poise, processes, folder, *words):
    out = folder / f"run-{processes}"
    shutil.rmtree(out, ignore_errors=True)
    done = run(poise, processes, "train", *words, "--out", str(out), "--quiet", "--no-report")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((out / "run.json").read_text())["result"]
    return hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest(), result


def check_same_bits(poise, folder):
    libsvm, table = folder / "rows.svm", folder / "rows.csv"
    write_libsvm(libsvm, 6000, 4)
    write_csv(table, 3000, 12)
    for words in (["digits"], ["digits", "--l2", "0"], ["digits", "--l2-path", "1e-2,1e-3"], [str(libsvm)], [str(table)],
                  [str(table), "--l2", "auto"]):
        model, alone = result_of(poise, 1, folder, *words)
        for processes in (2, 3):
            other, shared = result_of(poise, processes, folder, *words)
            assert other == model, f"{words} by {processes} processes: another model"
            for name in ("status", "objective", "gap", "iterations", "passes"):
                assert shared[name] == alone[name], f"{words} by {processes}: {name} {shared[name]}, alone {alone[name]}"
        print(f"{' '.join(pathlib.Path(w).name for w in words)}: {alone['status']}, {alone['passes']} passes, same bits")


def check_errors(poise, folder):
    for words, code, said in ((["train", str(folder / "none.csv")], 4, "none.csv"),
                              (["evaluate", "model.onnx", "digits"], 2, "by several processes"),
                              (["train", "digits", "--hidden", "8", "--out", str(folder / "n")], 2, "several processes for a network"),
                              (["train", "digits", "--l2", "minus"], 2, "--l2")):
        begin = time.monotonic()
        done = run(poise, 3, *words)
        seconds = time.monotonic() - begin
        assert done.returncode == code, f"{words}: exit code {done.returncode}, {done.stderr}"
        assert done.stderr.count(said) == 1, done.stderr  # once, not once a process
        assert seconds < 10, f"{words}: {seconds} s"
    print("errors: told once")
    each = subprocess.run(command(poise, 2, "inspect", "digits"), env=os.environ | {"POISE_MPI": "0"}, capture_output=True,
                          text=True, timeout=60)
    assert each.returncode == 0 and each.stdout.count("fingerprint") == 2, each.stdout + each.stderr


def workers_of(driver):
    """The processes of the same tool that mpirun has begun, but for the first."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and b"OMPI_COMM_WORLD_RANK=1" in (folder / "environ").read_bytes().split(b"\0"):
                if str(driver.pid) in (folder / "stat").read_text().rsplit(")", 1)[1].split()[1:2]:
                    found.append(int(folder.name))
        except OSError:
            continue
    return found


def check_killed_worker(poise, folder):
    """The driver cannot go on: all end, soon, and mpirun says which one was killed."""
    libsvm = folder / "many.svm"
    write_libsvm(libsvm, 60000, 12)
    words = ["train", str(libsvm), "--solver", "descent", "--tolerance", "1e-300", "--l2", "1e-9", "--out", str(folder / "k")]
    driver = subprocess.Popen(command(poise, 2, *words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    deadline = time.monotonic() + 60
    while not (folder / "k" / "metrics.jsonl").exists() or "iteration" not in (folder / "k" / "metrics.jsonl").read_text():
        assert driver.poll() is None and time.monotonic() < deadline, "the training did not begin"
        time.sleep(0.05)
    workers = workers_of(driver)
    assert len(workers) == 1, workers
    begin = time.monotonic()
    os.kill(workers[0], signal.SIGKILL)
    said, _ = driver.communicate(timeout=60)
    seconds = time.monotonic() - begin
    assert driver.returncode != 0 and seconds < 10, (driver.returncode, seconds)
    assert "signal 9" in said, said
    print("a worker killed: all end")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poise", required=True)
    poise = os.path.abspath(parser.parse_args().poise)
    if not shutil.which("mpirun"):
        sys.exit(print("skipped: needs mpirun (openmpi-bin)") or 77)
    if not (pathlib.Path(poise).parent / "libpoise_mpi.so").exists():
        sys.exit(print("skipped: this poise was built without MPI") or 77)
    with tempfile.TemporaryDirectory() as name:
        for check in (check_same_bits, check_errors, check_killed_worker):
            check(poise, pathlib.Path(name))


if __name__ == "__main__":
    main()
