"""What `compare` says and leaves behind: figures that agree with each other and with single trainings, and Ctrl-C."""

import json
import math
import signal
import time


def check_intervals_are_those_of_student(t):
    answer = t.json("compare digits --rules adjoint,equilibrium --order gauss-seidel --learning-rate 0.3 --epochs 2 "
                    "--width 16 --out run --json --quiet")
    reference, other = answer["settings"]
    gains = [b["accuracy"] - a["accuracy"] for a, b in zip(reference["runs"], other["runs"])]
    mean = sum(gains) / 5
    error = math.sqrt(sum((g - mean) ** 2 for g in gains) / 4 / 5)
    t.close(other["gain"]["value"], mean, 1e-12, "the gain")
    t.close(other["gain"]["error"], error, 1e-12, "its error")
    t.close(other["gain"]["high"], mean + 2.7764451 * error, 1e-8, "the end of its interval")
    summary = json.loads(t.read("run/run.json"))
    t.equal(summary["result"], answer, "the result in run.json")
    t.equal(summary["asked"]["settings"]["rules"], ["adjoint", "equilibrium"], "the rules in run.json")
    found = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    t.equal(sum(event["event"] == "trained" for event in found), 10, "the trainings in metrics.jsonl")


def check_a_setting_is_the_training_it_names(t):
    answer = t.json("compare digits --rules adjoint --hidden 16 --epochs 3 --batch 32 --seeds 2 --l2 0.001 --out run --json --quiet")
    trained = t.json("train digits --hidden 16 --epochs 3 --batch 32 --seed 2 --l2 0.001 --step sgd --momentum 0 --validation 0 "
                     "--out one --json --quiet")
    t.close(answer["settings"][0]["runs"][1]["accuracy"], trained["test"]["accuracy"], 1e-12, "the accuracy of seed 2")
    t.close(answer["settings"][0]["runs"][1]["loss"], trained["test"]["cross_entropy"], 1e-5, "the loss of seed 2")


def check_threads_do_not_change_a_comparison(t):
    command = "compare digits --rules adjoint,canonical --epochs 1 --seeds 2 --json --quiet"
    answers = [t.json(f"{command} --threads {n} --out run{n}") for n in (1, 2)]
    for answer in answers:
        del answer["seconds"], answer["run"]
        for setting in answer["settings"]:
            for run in setting["runs"]:
                del run["seconds"]
    t.equal(answers[0], answers[1], "the figures with two threads")


def check_inspect_shows_a_comparison(t):
    printed = t.run("compare digits --rules adjoint,equilibrium --seeds 1 --epochs 1 --out run").stdout
    t.equal(t.run("inspect run").stdout, printed, "what inspect prints")


def check_an_interrupted_comparison_keeps_what_has_ended(t):
    process = t.start("compare digits --rules adjoint --depth 1 --epochs 100000 --json --quiet --out run")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    result = t.finish(process)
    t.equal(result.code, 130, "the exit code")
    answer = json.loads(result.stdout)
    t.equal((answer["status"], answer["complete"]), ("interrupted", False), "status")
    t.equal(json.loads(t.read("run/run.json"))["result"], answer, "run.json")


def check_a_comparison_counts_no_miss_as_an_epoch(t):
    t.write("rings.csv", {"table": {"rows": 120, "numeric": 2, "classes": ["a", "b", "c"], "seed": 3}})
    command = "compare rings.csv --neurons 32 --seeds 2 --epochs 3 --quiet"
    answer, lines = t.json(command + " --json"), t.run(command).stdout.splitlines()
    missed = 0
    for network in answer["candidates"]:
        t.equal(network["reached"], sum(run["epochs"] is not None for run in network["runs"]), "the trainings that reached the target")
        t.equal(network["neurons"], sum(network["hidden"]), "the neurons")
        missed += network["reached"] < 2
        t.equal(network["epochs_to_target"] is None, network["reached"] < 2, "whether there is a mean of the epochs")
        line = next(line for line in lines if line.startswith(network["name"] + " "))
        t.equal(">" in line, network["reached"] < 2, f"whether '{line}' has a bound instead of a mean")
    t.check(missed > 0, "every network reached the target, which a quarter of the trainings cannot")
    t.equal(lines[-1], answer["conclusion"], "the last sentence")


def check_a_comparison_says_where_a_rate_was_halved(t):
    command = "compare digits --neurons 64 --seeds 2 --epochs 2 --learning-rate 50 --quiet"
    answer, text = t.json(command + " --json"), t.run(command).stdout
    for network in answer["candidates"]:
        halved = sum(run["setbacks"] for run in network["runs"])
        t.equal(network["setbacks"], halved, "the setbacks of a network")
        line = next(line for line in text.splitlines() if line.startswith(network["name"] + " "))
        t.check(line.endswith(f" {halved} times"), f"'{line}' does not end with {halved} times")
    judged = sum(network["setbacks"] == 0 for network in answer["candidates"])
    t.equal(answer["correlations"]["depth_speed"]["candidates"], judged, "the networks that speed is judged by")
    t.equal(answer["correlations"]["depth_laplacian"]["candidates"], 8, "the networks that the start is judged by")
    t.check("are left out: a loss blew up and the rate was halved" in answer["conclusion"], answer["conclusion"])


def check_an_interrupted_comparison_has_no_figures_of_what_was_not_trained(t):
    process = t.start("compare digits --neurons 128 --epochs 100000 --json --quiet")
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    result = t.finish(process)
    t.equal(result.code, 130, "the exit code")
    answer = json.loads(result.stdout)
    t.equal(answer["complete"], False, "whether it is complete")
    t.check("correlations" not in answer and "conclusion" not in answer, "something is concluded")
    for network in answer["candidates"]:
        t.equal(network["runs"], [], "the trainings that ended")
        for figure in ("laplacian_per_weight", "epochs_to_target", "final_loss", "test_accuracy"):
            t.equal(network[figure], None, figure)
