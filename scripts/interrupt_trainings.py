#!/usr/bin/env python3
"""Interrupts trainings at random times and looks whether a model is left: scripts/interrupt_trainings.py --runs 500

For SIGINT, SIGTERM and SIGHUP, on one thread and on two, the given number of runs each: networks in float32 and bfloat16, softmax
layers, runs that end soon (and are interrupted while they are measured or written), and data that are still being read
(then `train` must say that there is no model). What must hold: exit code 130, status "interrupted" and a model that
`poise inspect` reads; or a run that was done already, with exit code 0 and all of that but the status. Prints a line for
each signal and number of threads. Python's standard library only. Exit code 1 if anything did not hold.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDLESS = "--epochs 100000000 "
KINDS = {  # name: how often of 20, command
    "network": (7, "digits --hidden 256 --batch 128 " + ENDLESS),
    "deep network": (3, "digits --hidden 128,64 --batch 64 " + ENDLESS),
    "bfloat16": (3, "digits --hidden 256 --batch 128 --precision bf16 " + ENDLESS),
    "softmax": (3, "digits --solver descent --tolerance 1e-300 --max-iterations 2000000000"),
    "short": (3, "digits --hidden 64 --batch 128 --epochs 20 --calibrate"),
    "reading": (1, "pipe.csv"),
}
NO_MODEL = "poise: interrupted before training began: no model was written\n"


def handled(process, number):
    """Whether the process has a handler for the signal (Linux)."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        caught = next(line for line in file if line.startswith("SigCgt:")).split()[1]
    return int(caught, 16) >> (number - 1) & 1 == 1


def wait_for_the_start(process, number, kind, folder):
    """Until it trains, or reads."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if handled(process, number) if kind == "reading" else os.path.exists(os.path.join(folder, "run/metrics.jsonl")):
            return
        time.sleep(0.002)


def let_trainings_see_signals():
    """What is ignored here, as by nohup or in the background of a script, would be there, too; what is handled is not."""
    for number in SIGNALS:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def is_finished(folder):
    """Whether all epochs were trained that a "short" network has."""
    with open(os.path.join(folder, "run/metrics.jsonl"), encoding="utf-8") as file:
        return any('"epoch":20,' in line for line in file)


def fault_of_quit(poise, kind, stderr, folder):
    """Of a process that has quit at a second signal."""
    said = stderr.rsplit("quit: ", 1)[1].strip()
    run = os.path.join(folder, "run")
    left = [name for name in os.listdir(run) if name.endswith(".tmp")] if os.path.exists(run) else []
    if left:
        return f"temporary files are left: {left}"
    if said == "no model was written" and kind == "short" and is_finished(folder):
        return "all epochs were trained, and there is no model"
    if said != "no model was written":
        read = subprocess.run([poise, "inspect", "run/model.onnx", "--json"], cwd=folder, capture_output=True, text=True)
        if read.returncode != 0:
            return f"the model cannot be read: {read.stderr}"
    if said.startswith("the model"):
        with open(os.path.join(folder, "run/run.json"), encoding="utf-8") as file:
            return "" if "result" in json.load(file) else "run.json has no result"
    return ""


def fault_of(poise, kind, code, stderr, folder):
    """What does not hold, or nothing."""
    if code == 130 and "quit: " in stderr:
        return fault_of_quit(poise, kind, stderr, folder)
    if kind == "reading":
        at_once = code < 0  # the first handler is that of verbs which leave nothing
        return "" if at_once or (code, stderr) == (130, NO_MODEL) else f"exit code {code}, not 130 and the sentence"
    if code not in (0, 130):
        return f"exit code {code}"
    try:
        with open(os.path.join(folder, "run/run.json"), encoding="utf-8") as file:
            status = json.load(file)["result"]["status"]
    except (OSError, ValueError, KeyError) as error:
        return f"no run.json: {error}"
    if (code == 130) != (status == "interrupted"):
        return f"exit code {code} with status {status}"
    read = subprocess.run([poise, "inspect", "run/model.onnx", "--json"], cwd=folder, capture_output=True, text=True)
    return "" if read.returncode == 0 else f"the model cannot be read: {read.stderr}"


def said_by(kind, code, stderr):
    """How it ended, in a few words."""
    if "quit: " in stderr:
        waited = ", once the file was written" if "quitting once" in stderr else ""
        return stderr.rsplit("quit: ", 1)[1].strip() + waited
    return f"{kind}, exit code {code}"


def one_run(poise, number, threads, seed, twice):
    """Kind, or how it ended, and fault of one run."""
    draw = random.Random(seed)
    kind = draw.choices(list(KINDS), [share for share, _ in KINDS.values()])[0]
    with tempfile.TemporaryDirectory() as folder:
        if kind == "reading":
            os.mkfifo(os.path.join(folder, "pipe.csv"))
        command = [poise, "train", *shlex.split(KINDS[kind][1]), "--threads", str(threads), "--out", "run"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for_the_start(process, number, kind, folder)
        time.sleep(draw.uniform(0, 0.5))
        process.send_signal(number)
        if twice:
            time.sleep(draw.choice((0, 1e-4, 1e-3, 1e-2, 1e-1)) * draw.random())
            process.send_signal(number)
        try:
            stderr = process.communicate(timeout=120)[1]
        except subprocess.TimeoutExpired:
            process.kill()
            return kind, f"did not end within 120 s\n{process.communicate()[1]}"
        fault = fault_of(poise, kind, process.returncode, stderr, folder)
        return said_by(kind, process.returncode, stderr) if twice else kind, fault and f"{fault}\n{stderr}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poise", default=os.path.join(ROOT, "build/release/bin/poise"))
    parser.add_argument("--runs", type=int, default=10, help="of each signal and number of threads (default %(default)s)")
    parser.add_argument("--signals", default="SIGINT,SIGTERM,SIGHUP", help="comma-separated; default: %(default)s")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twice", action="store_true", help="send a second signal soon after the first")
    arguments = parser.parse_args()
    poise, faults = os.path.abspath(arguments.poise), 0
    let_trainings_see_signals()
    for number in (signal.Signals[name] for name in arguments.signals.split(",")):
        for threads in (1, 2):
            seeds = [f"{arguments.seed} {number.name} {threads} {k}" for k in range(arguments.runs)]
            with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
                done = list(pool.map(lambda seed: one_run(poise, number, threads, seed, arguments.twice), seeds))
            wrong = [(kind, fault) for kind, fault in done if fault]
            kinds = ", ".join(f"{count} {kind}" for kind, count in collections.Counter(k for k, _ in done).most_common())
            print(f"{number.name}, {threads} thread{'s'[:threads - 1]}: {len(wrong)} of {len(done)} without what must be there ({kinds})",
                  flush=True)
            for kind, fault in wrong:
                print(f"  {kind}: {fault}", file=sys.stderr)
            faults += len(wrong)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
