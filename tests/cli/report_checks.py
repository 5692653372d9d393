"""The report's command repeats the run, and what a report holds stays within its bounds."""

import json
import os
import shlex


def check_the_command_repeats_the_run(t):
    """Words that a shell takes, with the bits of the model as they were."""
    t.write("my data.csv", "x,y,the class\n" + "".join(f"{k * 7 % 13},{k * 5 % 11},{'ab'[k % 3 == 0]}\n" for k in range(60)))
    asked = ["digits --l2-path 1,0.1,0.01 --validation 0.2", "digits --l2 auto --folds 3 --scale standard", "digits --hidden 8,6 --epochs 2 --dropout 0.1 --seed 7 --no-cooling",
             "digits --hidden 8 --epochs 2 --compat reference-2024", "'my data.csv' --label 'the class' --ignore x --class-weight a=2 --l2 0.1"]
    for number, words in enumerate(asked):
        t.run(f"train {words} --out first{number} --no-report --quiet")
        command = json.loads(t.read(f"first{number}/run.json"))["command"]
        t.check(command.startswith("poise train "), f"the command {command}")
        t.run(f"{command.removeprefix('poise ')} --out again{number} --no-report --quiet")
        t.equal(t.read(f"again{number}/model.onnx"), t.read(f"first{number}/model.onnx"), f"the model of {command}")
        t.equal(json.loads(t.read(f"again{number}/run.json"))["command"], command, "the command again")


def check_an_interrupted_training_has_a_report(t):
    t.run("train digits --hidden 64 --epochs 100000 --time-limit 0.3 --out run --quiet")
    page = t.read("run/report.html").decode()
    t.check("ran out of time" in page and "time limit" in page, "the report does not say that the time was up")
    t.check(len(t.read("run/report.md")) <= 8000, "report.md is too long")


def check_what_it_needs_is_bounded(t):
    """1,000 classes with as many mistakes as there can be."""
    rows = "".join(f"{k * 37 % 101},{k * 53 % 97},c{k * 17 % 1000}\n" for k in range(3000))
    t.write("many.csv", "x,y,class\n" + rows)
    t.run("train many.csv --l2 1 --max-iterations 3 --out run --quiet")
    result = json.loads(t.read("run/run.json"))["result"]
    t.check(len(result["train"]["confused"]) == 400 and result["train"]["confused_pairs"] > 400, "pairs of classes")
    t.check(len(result["train"]["reliability"]) <= 15 and len(result["surest_errors"]["rows"]) <= 12, "bins and rows")
    t.check(os.path.getsize(t.path("run/report.html")) <= 1_000_000, "the report is too large")
