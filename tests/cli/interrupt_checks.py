"""What training leaves when it is stopped early: before it began, before its first epoch or iteration, beside an earlier run."""

import json
import math
import os
import pty
import shutil
import signal
import subprocess
import sys
import time

KINDS = {
    "softmax_layer": "digits",
    "path": "digits --l2-path 1e-1,1e-2,1e-3 --validation 0.2",
    "no_penalty": "digits --l2 0",
    "sparse": "sparse.libsvm",
    "calibrated": "digits --calibrate",
    "network": "digits --hidden 300,300",
    "network_on_sparse_data": "sparse.libsvm --hidden 20",
    "calibrated_network": "digits --hidden 20 --calibrate --telemetry full",
}


def expect_a_whole_run(t, answer, status):
    """Answer, run.json, events and model agree, and the model is of use."""
    t.equal(answer["status"], status, "the status")
    files = sorted(name for name in os.listdir(t.path("run")) if name != "checkpoint.safetensors")  # if it got that far
    t.equal(files, ["metrics.jsonl", "model.onnx", "report.html", "report.md", "run.json"], "the files")
    t.equal(json.loads(t.read("run/run.json"))["result"], answer, "the result in run.json")
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    t.equal(events[0]["event"], "start", "the first event")
    t.equal([events[-1]["event"], events[-1]["status"]], ["end", status], "the last event")
    measured = t.json("evaluate run digits:test --json")
    t.check(math.isfinite(measured["cross_entropy"]), f"the cross-entropy is {measured['cross_entropy']}")
    if answer["test"]:
        t.close(measured["cross_entropy"], answer["test"]["cross_entropy"], 1e-9, "the cross-entropy")


def stop_at_once(t, words):
    t.run("convert digits sparse.libsvm")
    for _ in range(2):  # the second time in place of the first run
        answer = t.json(f"train {words} --time-limit 1e-9 --out run --json")
        # That there is no minimizer is looked for in the first second, whatever the limit.
        expect_a_whole_run(t, answer, "separable" if words == KINDS["no_penalty"] else "time_limit")
    result = t.run(f"train {words} --time-limit 1e-9 --out run")
    t.check("the weights of epoch 0" not in result.stdout, f"there is no epoch 0\n{result}")
    t.check("run run" in result.stdout, f"stdout does not name the run\n{result}")


def interrupt_when_there(t, command, name, timeout=60):
    """SIGINT as soon as the file is there."""
    process = t.start(command)
    deadline = time.monotonic() + timeout
    while process.poll() is None and not os.path.exists(t.path(name)) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGINT)
    return t.finish(process, timeout)


def interrupt_at_once(t, words):
    t.run("convert digits sparse.libsvm")
    slow = "--hidden 600,600 --epochs 100000" if "--hidden" in words else "--solver descent --tolerance 1e-300 --max-iterations 2000000000"
    result = interrupt_when_there(t, f"train {words.replace('--hidden 300,300', '').replace('--hidden 20', '')} {slow} --out run --json", "run/metrics.jsonl")
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.check("interrupted: the model so far is in run/model.onnx" in result.stderr, f"stderr does not say so\n{result}")
    expect_a_whole_run(t, result.json(), "interrupted")


MANY = {f"time_limit_before_the_first_step.{name}": lambda t, words=words: stop_at_once(t, words)
        for name, words in KINDS.items()}
MANY.update({f"before_the_first_step.{name}": lambda t, words=words: interrupt_at_once(t, words)
             for name, words in KINDS.items() if name != "no_penalty"})


def check_while_reading_says_that_there_is_no_model(t):
    os.mkfifo(t.path("pipe.csv"))  # nobody writes: reading waits for ever
    t.run("train digits --out run --quiet")
    before = t.files()
    for command, says in (("train pipe.csv", True), ("train pipe.csv --hidden 8 --json", True), ("train pipe.csv --quiet", False)):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = t.start(command + " --out run")
            time.sleep(0.5)
            process.send_signal(number)
            result = t.finish(process, 20)
            t.equal(result.code, 130, f"the exit code of {command}")
            if "--json" in command:
                error = json.loads(result.stdout)["error"]
                t.equal((error["kind"], error["exit_code"]), ("interrupted", 130), "the error on stdout")
            else:
                t.equal(result.stdout, "", "stdout")
            message = "poise: interrupted before training began: no model was written\n" if says else ""
            t.equal(result.stderr, message, f"stderr of {command}")
            t.equal(t.files(), before, "the earlier run")


def check_an_earlier_run_stays_until_there_is_a_model(t):
    t.run("train digits --out run --quiet")
    before = t.files()
    process = t.start("train digits --hidden 16 --epochs 1000000 --out run --quiet")
    deadline = time.monotonic() + 60
    new = t.path("run/metrics.new.jsonl")
    while time.monotonic() < deadline and not (os.path.exists(new) and b'"epoch"' in t.read("run/metrics.new.jsonl")):
        time.sleep(0.02)
    process.kill()  # a crash: nothing is handled
    t.finish(process, 20)
    after = t.files()
    after.pop("run/metrics.new.jsonl", None)
    t.equal(after, before, "the earlier run")
    t.run("train digits --hidden 8 --epochs 1 --out run --quiet")
    files = sorted(name for name in os.listdir(t.path("run")) if name != "checkpoint.safetensors")  # if it got that far
    t.equal(files, ["metrics.jsonl", "model.onnx", "report.html", "report.md", "run.json"], "the files")
    t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "finished", "the status of the new run")


def wait_for(t, process, holds, timeout=60):
    deadline = time.monotonic() + timeout
    while process.poll() is None and not holds() and time.monotonic() < deadline:
        time.sleep(0.001)
    t.check(holds(), "what was waited for did not come")


def endless(t):
    """A training that has begun, with an epoch done."""
    process = t.start("train digits --hidden 16 --epochs 1000000 --out run")
    wait_for(t, process, lambda: os.path.exists(t.path("run/metrics.jsonl")) and b'"epoch"' in t.read("run/metrics.jsonl"))
    return process


def check_a_hangup_leaves_a_model(t):
    process = endless(t)
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGHUP)  # a shell sends one of its own
    result = t.finish(process, 60)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "interrupted", "the status")
    t.json("evaluate run digits --json")


def check_a_closed_terminal_leaves_a_model(t):
    """Nothing can be written to it any more, which ends nothing."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(t.folder)
        os.execv(t.program, [t.program, "train", "digits", "--hidden", "16", "--epochs", "1000000", "--out", "run"])
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and b"epoch" not in os.read(terminal, 4096):
        pass
    os.close(terminal)
    status = None
    while status is None and time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        status = status if done else None
        time.sleep(0.01)
    if status is None:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    t.check(status is not None, "the run goes on")
    t.equal(os.waitstatus_to_exitcode(status), 130, "the exit code")
    t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "interrupted", "the status")
    t.json("evaluate run digits --json")


def check_nohup_keeps_its_promise(t):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the child has it so, too
    try:
        process = endless(t)
    finally:
        signal.signal(signal.SIGHUP, before)
    epochs = t.read("run/metrics.jsonl").count(b'"epoch"')
    process.send_signal(signal.SIGHUP)
    wait_for(t, process, lambda: t.read("run/metrics.jsonl").count(b'"epoch"') > epochs + 5)
    t.equal(process.poll(), None, "the exit code")
    process.send_signal(signal.SIGINT)
    t.equal(t.finish(process, 60).code, 130, "the exit code at Ctrl-C")


def writing_its_model(t, quiet=""):
    """A training that has ended, and is at the first of some 30 MB."""
    t.write("wide.libsvm", "a 1:1 2000000:1\nb 2:1\n")
    process = t.start("train wide.libsvm --time-limit 1e-9 --out run" + quiet)
    wait_for(t, process, lambda: temporary_files(t))
    return process


def temporary_files(t):
    folder = t.path("run")
    return [name for name in os.listdir(folder) if name.endswith(".tmp")] if os.path.exists(folder) else []


def check_an_interrupt_after_training_is_answered_at_once(t):
    for quiet in ("", " --quiet"):
        process = writing_its_model(t, quiet)
        process.send_signal(signal.SIGINT)
        result = t.finish(process, 60)
        left_out = json.loads(t.read("run/run.json"))["result"]["not_measured"]  # on a machine too busy to measure in a second
        t.equal(result.code, 130 if left_out else 0, f"the exit code\n{result}\n")
        answered = result.stderr.count("interrupted: finishing; once more to quit at once\n")
        t.equal(answered, 0 if quiet else 1, f"answers on stderr\n{result}\n")
        t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "time_limit", "the status")
        shutil.rmtree(t.path("run"))


def check_a_second_interrupt_says_where_things_stand(t):
    process = writing_its_model(t)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)  # two of one kind may count as one
    result = t.finish(process, 60)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    said = result.stderr.replace("quitting once the file is written\n", "")  # unless it was by then
    t.equal(said, "interrupted: finishing; once more to quit at once\n"
            "quit: a model is written; training or measuring has not ended\n", "stderr")
    t.equal(temporary_files(t), [], "temporary files")
    t.equal(sorted(os.listdir(t.path("run"))), ["metrics.jsonl", "model.onnx"], "the files")
    t.json("inspect run --json")


def check_a_third_interrupt_waits_for_nothing(t):
    process = writing_its_model(t)
    for number in (signal.SIGINT, signal.SIGTERM):
        process.send_signal(number)
    time.sleep(0.01)  # two of one kind may count as one
    process.send_signal(signal.SIGINT)
    result = t.finish(process, 60)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.equal(temporary_files(t), [], "temporary files")
    t.check("quit: " in result.stderr, f"where things stand\n{result}\n")


def check_an_interrupt_leaves_no_temporary_file(t):
    process = t.start("convert digits new.csv.gz")
    parts = lambda: [name for name in os.listdir(t.folder) if ".part" in name]
    wait_for(t, process, parts)
    process.send_signal(signal.SIGTERM)
    t.equal(t.finish(process, 60).code, -signal.SIGTERM, "the exit code")
    t.equal(os.listdir(t.folder), [], "the files")


def check_trainings_interrupted_at_random_leave_a_model(t):
    """Twelve of them; scripts/interrupt_trainings.py makes as many as one likes."""
    script = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "interrupt_trainings.py")
    done = subprocess.run([sys.executable, "-B", script, "--poise", t.program, "--runs", "2"], capture_output=True, text=True)
    t.equal(done.returncode, 0, f"the exit code\n{done.stdout}{done.stderr}")
