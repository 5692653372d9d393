#!/usr/bin/env python3
"""Kills trainings at random times, resumes them, and looks whether they reach the same bits: scripts/kill_trainings.py --runs 200

Each run is one of a few kinds: softmax layers by several solvers, paths of penalties, cross-validation, and networks by several
rules. It is killed by SIGKILL once or more, at random, and resumed with --resume until it comes to its end. What must hold: after
every kill the run directory can be read; in the end model.onnx has the bytes of an undisturbed run, run.json says the same but for
times and notes, metrics.jsonl has the same events in the same order, none twice, and nothing else is left. Prints a line for each
kind. Python's standard library only. Exit code 1 if anything did not hold.
"""

import argparse
import concurrent.futures
import json
import os
import random
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KINDS = {
    "softmax": "digits --l2 1e-6 --tolerance 1e-10",
    "newton": "digits --solver newton --l2 1e-5 --tolerance 1e-10",
    "descent": "digits --solver descent --tolerance 1e-12 --max-iterations 1500",
    "golden": "digits --solver golden --tolerance 1e-9 --l2 1e-4",
    "barzilai-borwein": "digits --solver barzilai-borwein --tolerance 1e-6 --l2 1e-2",
    "no penalty": "digits --l2 0 --label-smoothing 0.1",
    "path": "digits --l2-path 1e-1,1e-2,1e-3,1e-4,1e-5 --validation 0.2",
    "search": "digits --l2 auto --validation 0.2",
    "cross-validation": "digits --l2 auto",
    "leave-one-out": "digits:test --l2 loo",
    "network": "digits --hidden 64,32 --epochs 40 --validation 0.2",
    "dropout": "digits --hidden 64 --epochs 40 --dropout 0.2 --step adam --calibrate",
    "exact head": "digits --hidden 32 --epochs 20 --solve-head-every 4",
    "predictive coding": "digits --hidden 32,32 --epochs 12 --rule predictive-coding",
    "canonical": "digits --hidden 32,32 --epochs 6 --rule canonical --mean-energy 2 --relaxation-steps 10",
    "bfloat16": "digits --hidden 64 --epochs 40 --precision bf16 --step sgd",
    "telemetry": "digits --hidden 24 --epochs 12 --telemetry full",
    "autoencoder": "digits --target features --hidden 16 --epochs 20",
}
TIMES = {"seconds", "seconds_read", "seconds_write", "seconds_measure", "train_seconds", "samples_per_second", "environment", "run",
         "notices", "command", "checkpoint_every", "threads"}
FILES = ["metrics.jsonl", "model.onnx", "run.json"]


def without_times(value):
    if isinstance(value, dict):
        return {key: without_times(one) for key, one in value.items() if key not in TIMES}
    return [without_times(one) for one in value] if isinstance(value, list) else value


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def events_of(run):
    """But those that say where a run began or went on."""
    lines = [json.loads(line) for line in read_bytes(os.path.join(run, "metrics.jsonl")).decode().splitlines()]
    return [without_times(line) for line in lines if line["event"] not in ("start", "resume")]


def outcome_of(run):
    """All that a run leaves, without times."""
    return {"files": sorted(os.listdir(run)), "model": read_bytes(os.path.join(run, "model.onnx")), "events": events_of(run),
            "run": without_times(json.loads(read_bytes(os.path.join(run, "run.json"))))}


def command_of(poise, kind, run, *more):
    return [poise, "train", *shlex.split(KINDS[kind]), "--no-report", "--quiet", "--out", run, *more]


def fault_after_kill(poise, run):
    """What cannot be read of a directory, or nothing."""
    for name in sorted(os.listdir(run)) if os.path.isdir(run) else []:
        if name.endswith(".tmp"):
            continue
        whole = read_bytes(os.path.join(run, name))
        try:
            if name == "run.json":
                json.loads(whole)
            elif name == "checkpoint.safetensors":
                size = int.from_bytes(whole[:8], "little")
                ends = [entry["data_offsets"][1] for key, entry in json.loads(whole[8:8 + size]).items() if key != "__metadata__"]
                assert len(whole) == 8 + size + max(ends), "its length"
            elif name.startswith("metrics"):
                for line in whole.decode().split("\n")[:-1]:  # the last may be half a line
                    json.loads(line)
            elif name == "model.onnx" and subprocess.run([poise, "inspect", os.path.join(run, name)], capture_output=True).returncode:
                return "model.onnx cannot be read"
        except (ValueError, AssertionError) as error:
            return f"{name} cannot be read: {error}"
    return ""


def killed(command, seconds):
    """Whether it was killed before its end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True


def one_run(poise, kind, wanted, seconds, seed):
    """How often it was killed, how often there was a checkpoint, and what did not hold."""
    draw, kills, checkpoints = random.Random(seed), 0, 0
    every = draw.choice(["0.001", "0.01", "0.05"])
    with tempfile.TemporaryDirectory() as folder:
        run = os.path.join(folder, "run")
        command = command_of(poise, kind, run, "--checkpoint-every", every, "--threads", str(draw.choice([1, 2])), "--resume")
        for _ in range(draw.choice([1, 1, 2, 3])):
            if not killed(command, draw.uniform(0, 1.1) * seconds):
                break
            kills += 1
            checkpoints += os.path.exists(os.path.join(run, "checkpoint.safetensors"))
            if fault := fault_after_kill(poise, run):
                return kills, checkpoints, fault
        last = subprocess.run(command, capture_output=True, text=True)
        if last.returncode != 0:
            return kills, checkpoints, f"exit code {last.returncode}: {last.stderr}"
        found = outcome_of(run)
        wrong = [what for what in wanted if found[what] != wanted[what]]
        return kills, checkpoints, f"others than undisturbed: {', '.join(wrong)} (seed {seed}, every {every})" if wrong else ""


def undisturbed(poise, kind, folder):
    """What it leaves, and the seconds that it takes."""
    run = os.path.join(folder, kind.replace(" ", "_"))
    begun = time.monotonic()
    subprocess.run(command_of(poise, kind, run), check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    outcome = outcome_of(run)
    assert outcome["files"] == FILES, outcome["files"]
    return outcome, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poise", default=os.path.join(ROOT, "build/release/bin/poise"))
    parser.add_argument("--runs", type=int, default=2 * len(KINDS), help="in all (default %(default)s)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma-separated; default: all")
    parser.add_argument("--jobs", type=int, default=2, help="at a time (default %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    poise, kinds, faults = os.path.abspath(arguments.poise), arguments.kinds.split(","), 0
    with tempfile.TemporaryDirectory() as folder:
        for number, kind in enumerate(kinds):
            wanted, seconds = undisturbed(poise, kind, folder)
            seeds = [f"{arguments.seed} {kind} {k}" for k in range(number, arguments.runs, len(kinds))]
            with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
                done = list(pool.map(lambda seed: one_run(poise, kind, wanted, seconds, seed), seeds))
            wrong = [fault for _, _, fault in done if fault]
            print(f"{kind}: {len(wrong)} of {len(done)} wrong; {sum(kills for kills, _, _ in done)} kills, "
                  f"{sum(there for _, there, _ in done)} with a checkpoint ({seconds:.2f} s undisturbed)", flush=True)
            for fault in wrong:
                print(f"  {fault}", file=sys.stderr)
            faults += len(wrong)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
