"""--resume: what was stopped goes on to the same bits, what has ended is left alone, and what is another training is refused."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts"))
import kill_trainings  # noqa: E402

ENDLESS = "train digits --hidden 24 --epochs 1000000 --checkpoint-every 0.001 --out run"


def expect_the_same_after_kills(t, kinds):
    for kind in kinds:
        wanted, seconds = kill_trainings.undisturbed(t.program, kind, t.folder)
        for seed in range(2):
            _, _, fault = kill_trainings.one_run(t.program, kind, wanted, seconds, f"ctest {kind} {seed}")
            t.check(not fault, f"{kind}: {fault}")


def check_killed_softmax_layers_reach_the_same_bits(t):
    """scripts/kill_trainings.py kills as many as one likes."""
    expect_the_same_after_kills(t, ["softmax", "descent", "path", "cross-validation"])


def check_killed_networks_reach_the_same_bits(t):
    expect_the_same_after_kills(t, ["network", "dropout", "telemetry", "autoencoder"])


def check_an_interrupted_run_goes_on_where_it_was(t):
    result = t.interrupt(ENDLESS, "epoch", 5)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    epochs = json.loads(t.read("run/run.json"))["result"]["iterations"]
    t.check(os.path.exists(t.path("run/checkpoint.safetensors")), "there is no checkpoint")
    again = t.interrupt(ENDLESS + " --resume", "resume", 0)
    t.check("resumed after epoch" in again.stderr, f"stderr does not say where it goes on\n{again}")
    numbers = [json.loads(line).get("epoch") for line in t.read("run/metrics.jsonl").decode().splitlines()]
    numbers = [number for number in numbers if number]
    t.equal(numbers, list(range(1, len(numbers) + 1)), "the epochs")
    t.check(json.loads(t.read("run/run.json"))["result"]["iterations"] >= epochs - 1, "it has begun anew")


def check_a_run_that_has_ended_says_so(t):
    command = "train digits --out run"
    answer = t.json(command + " --json")
    before = t.files()
    result = t.run(command + " --resume")
    t.check(result.stdout.startswith("run has ended: certified"), f"stdout\n{result}")
    t.equal(t.json(command + " --resume --json"), answer, "the answer")
    t.equal(t.run(command + " --resume --quiet").stdout, "", "stdout of --quiet")
    t.equal(t.files(), before, "the files")
    refused = t.run(command + " --l2 0.5 --resume", exit=2)
    t.check("l2 is 0.5, and was not given" in refused.stderr, f"stderr\n{refused}")
    t.equal(t.files(), before, "the files")


def check_another_training_is_refused(t):
    t.interrupt(ENDLESS, "epoch", 3)
    before = t.files()
    for more, why in (("--learning-rate 0.5", "learning_rate is 0.5, and was"), ("--seed 7", "rows"),
                      ("--dropout 0.1", "dropout is 0.1, and was 0")):
        refused = t.run(f"{ENDLESS} --resume {more}", exit=2)
        t.check(why in refused.stderr, f"stderr does not say what differs\n{refused}")
        t.equal(t.files(), before, "the files")
    t.check("--out" in t.run("train digits --resume", exit=2).stderr, "stderr does not ask for --out")
    other = ENDLESS.replace("digits", "digits:test")
    t.check("fingerprint" in t.run(other + " --resume", exit=2).stderr, "stderr does not say that rows differ")
    t.equal(t.files(), before, "the files")


def check_a_full_disk_ends_no_training_and_loses_none(t):
    """Files may be so large here that events can be written, and later neither a checkpoint nor the model."""
    command = "train digits --hidden 200 --epochs 6 --checkpoint-every 0.001 --no-report --out "
    t.run(command + "whole")

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))

    done = subprocess.run([t.program, *(command + "run").split()], cwd=t.folder, capture_output=True, text=True,
                          preexec_fn=small_files, restore_signals=False)
    t.check(done.returncode not in (0, 130) and done.returncode > 0, f"exit code {done.returncode}\n{done.stderr}")
    t.check("no checkpoint" in done.stderr and "cannot write" in done.stderr, f"stderr\n{done.stderr}")
    t.equal(sorted(os.listdir(t.path("run"))), ["metrics.jsonl"], "the files")
    t.run(command + "run --resume")
    t.equal(t.read("run/model.onnx"), t.read("whole/model.onnx"), "the model")


def check_a_checkpoint_that_cannot_be_written_ends_no_training(t):
    os.makedirs(t.path("run/checkpoint.safetensors"))
    result = t.run("train digits --hidden 20 --epochs 5 --checkpoint-every 0.001 --no-report --out run")
    t.check("no checkpoint" in result.stderr, f"stderr\n{result}")
    t.check(os.path.exists(t.path("run/model.onnx")), "there is no model")
    shutil.rmtree(t.path("run"))
