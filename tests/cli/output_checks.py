"""What is said on stdout and stderr, and what becomes of it where it cannot be."""

import json
import math
import os
import pty
import re
import random


def check_a_full_stdout_is_no_internal_error(t):
    t.run("train digits --out run --quiet")
    for command in ("predict run digits --proba", "predict run digits", "predict run digits --json", "evaluate run digits",
                    "certify run digits", "thermo run digits", "inspect digits", "inspect run", "train digits --out new --quiet",
                    "train digits --hidden 4 --epochs 1 --out new --quiet", "convert digits new.csv --json", "--help", "predict --help",
                    "--version", "compare digits --neurons 16 --epochs 1 --seeds 1 --quiet",
                    "reproduce f-adjoint --data digits --epochs 1 --seeds 1 --quiet --out new"):
        with open("/dev/full", "wb") as full:
            result = t.run(command, None, stdout=full)
        t.equal(result.code, 4, f"the exit code\n{result}\n")
        t.check("cannot write to stdout: No space left on device; expected room for the answer" in result.stderr,
                f"stderr does not say why\n{result}")


def noise(t, classes=("a", "b"), rows=200):
    """Labels that no feature says anything about."""
    draw = random.Random(1)
    lines = [",".join([f"{draw.gauss(0, 1):.4f}" for _ in range(8)] + [classes[i % len(classes)]]) for i in range(rows)]
    t.write("noise.csv", "\n".join(lines) + "\n")


def check_probabilities_worse_than_class_frequencies_are_noted(t):
    noise(t)
    word = "the network's probabilities are worse than the class frequencies"
    train = "train noise.csv --hidden 64 --epochs 60 --l2 0 --out run"
    for option, where, rows in (("--validation 0.2", "validation", "validation"), ("--validation 0.5", "validation", "validation")):
        result = t.run(f"{train} {option}")
        found = json.loads(t.read("run/run.json"))["result"][rows]["cross_entropy"]
        t.check(found > math.log(2), f"this network is no example of it: {found}")
        note = f"{word} ({found:.4f} against {math.log(2):.4f} nats on the {where} rows); hint: --calibrate, --l2 0.0"
        t.check("note: " + note in result.stderr, f"no note '{note}'\n{result}")
        t.check(note in json.loads(t.read("run/run.json"))["notices"][-1], "run.json has no such notice")
        t.check(word not in t.run(f"{train} {option} --quiet").stderr, "--quiet says it, too")
    t.check(word not in t.run(f"{train} --validation 0").stderr, "of training rows that are known by heart")
    t.check(word not in t.run("train digits --hidden 16 --epochs 20 --out run").stderr, "of good probabilities")
    t.run("convert digits a.csv")
    untrained = "train a.csv --hidden 16 --epochs 1 --batch 1000 --step sgd --learning-rate 1e-9 --validation 0 --out run"
    t.check(" nats on the training rows); hint: " in t.run(untrained).stderr, "no note of training rows")


def check_large_numbers_are_short(t):
    t.write("huge.csv", "x,y\n" + "".join(f"{1 + i % 3}e0,{'ab'[i % 2]}\n" for i in range(40)))
    t.run("train huge.csv --l2 0.1 --out run")
    t.write("far.csv", "x,y\n" + "".join(f"{'-' if i % 3 else ''}1e30,{'ab'[i % 2]}\n" for i in range(40)))
    result = t.run("evaluate run far.csv")
    measured = t.json("evaluate run far.csv --json")
    t.check(measured["cross_entropy"] > 1e9, "this is no large number")
    t.check(f"cross-entropy {measured['cross_entropy']:.5g} nats" in result.stdout, f"a long number\n{result}")
    t.check(f"CE - H = +{measured['equilibrium_gap']:.5g} nats" in result.stdout, f"a long number\n{result}")


def check_a_rate_without_effect_is_noted(t):
    golden = "train digits --hidden 8 --epochs 2 --out"
    notes = {rate: t.run(f"{golden} run{k} --learning-rate {rate}").stderr for k, rate in enumerate(("0.005", "0.0158", "1", "7"))}
    for rate, said in notes.items():
        capped = float(rate) > 1e-1
        t.equal(f"note: --learning-rate {rate} does what " in said, capped, f"that a rate of {rate} is noted as capped")
    t.equal(t.read("run2/model.onnx"), t.read("run3/model.onnx"), "the model of a rate of 1")
    t.check(t.read("run0/model.onnx") != t.read("run2/model.onnx"), "a small rate is no other")
    t.check("note: --learning-rate" not in t.run(f"{golden} run --step sgd --learning-rate 1").stderr, "sgd is capped")


def check_setbacks_are_told_once(t):
    result = t.run("train digits --hidden 8 --epochs 3 --step sgd --learning-rate 1e30 --out run", 5)
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    messages = [event["text"] for event in events if event["event"] == "message"]
    t.check(len(messages) > 4, "this training has no setbacks")
    t.check(all("nan" not in text for text in messages), "nan in a message")
    t.check(any("without the worst row, is not a number: back to the start" in text for text in messages), messages)
    shown = result.stderr.count("back to the start")
    t.check(shown <= 6, f"{shown} setbacks on stderr\n{result}")  # three of each of two epochs
    t.check(f"and {len(messages) - shown} more such messages: metrics.jsonl\n" in result.stderr, f"their number\n{result}")
    t.check(", more --epochs" not in result.stderr and "; hint: a smaller --learning-rate [P113]\n" in result.stderr, f"the hint\n{result}")


def on_terminal(t, words):
    """What a command that ends well writes to a terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(t.folder)
        os.execv(t.program, [t.program, *words])
    shown = b""
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:  # the end of a terminal
        pass
    os.close(terminal)
    t.equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, f"the exit code of {words}")
    return shown.decode()


def check_a_terminal_shows_that_results_are_measured(t):
    for quiet in ([], ["--quiet"]):
        shown = on_terminal(t, ["train", "digits", "--hidden", "8", "--epochs", "2", "--out", "run", *quiet])
        t.equal("\r\033[Kmeasuring…\r\033[K" in shown, not quiet, "that it is shown, and taken away again")


def check_a_terminal_shows_the_penalties_that_are_tried(t):
    shown = on_terminal(t, ["train", "digits", "--l2", "auto", "--out", "run"])
    t.check(re.search(r"cross-validation: penalty \d+, λ = \S+, fold \d of 5", shown), f"none is shown: {shown}")
    t.check(shown.rindex("\r\033[K") > shown.rindex("fold "), "the last line of progress stays")


def check_a_terminal_shows_how_much_of_an_experiment_is_left(t):
    shown = on_terminal(t, "reproduce f-adjoint --data digits --epochs 400 --seeds 1 --hidden 64 --out run".split())
    t.check(re.search(r"training \d of 4  about .* left", shown), f"how much is left: {shown}")
    t.check(shown.rindex("\r\033[K") > shown.rindex("training "), "the last line of progress stays")


def check_refused_options_are_named(t):
    t.run("train digits --out run --quiet")
    noise(t, rows=60)
    for command, code, named in (
            ("train digits --hidden 8 --rule predictive-coding --dropout 0.1", 2, "--dropout"),
            ("train digits --hidden 8 --rule equilibrium --relaxation simultaneous --dropout 0.1", 2, "--dropout"),
            ("train digits --hidden 8 --rule predictive-coding --precision bf16", 2, "--precision"),
            ("train digits --hidden 8 --loss squared --solve-head-every 2", 2, "--solve-head-every"),
            ("train digits --hidden 8 --step adam --momentum-phase 0.1", 2, "--momentum-phase"),
            ("train digits --hidden 8 --rule equilibrium --order gauss-seidel --relaxation simultaneous", 2, "--order"),
            ("train digits --hidden 8 --loss squared --stop-at-rest", 2, "--stop-at-rest"),
            ("train noise.csv --start run", 3, "--start run")):
        result = t.run(command, code)
        t.check("; hint: " in result.stderr and named in result.stderr.split("; hint: ")[1], f"no hint names {named}\n{result}")
    t.check("poise: noise.csv: the data has 8 features; expected 64, as the model" in result.stderr, f"the file\n{result}")


def check_every_model_says_who_trained_it(t):
    version = t.run("--version").stdout.strip()
    for k, kind in enumerate(("", "--hidden 4 --epochs 1")):
        t.run(f"train digits {kind} --out run{k} --quiet")
        t.equal(t.json(f"inspect run{k} --json")["metadata"].get("trained_by"), version, f"trained_by of 'train digits {kind}'")


def check_help_says_what_limits_do_not_limit(t):
    for verb, words in (("train", "on all that comes after reading the data; what it leaves unmeasured is left out"),
                        ("reproduce", "which ends with the batch or measurement it is at then"),
                        ("train", "of golden a smaller one slows, a larger is capped")):
        t.check(words in " ".join(t.run(f"{verb} --help").stdout.split()), f"the help of {verb} does not say '{words}'")
