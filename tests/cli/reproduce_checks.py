"""What `reproduce` leaves behind: figures that agree with each other, the same ones again, and what there is on Ctrl-C."""

import json
import shutil


def events(t):
    return [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]


def check_run_directory_holds_every_figure(t):
    answer = t.json("reproduce f-adjoint --data digits --epochs 3 --seeds 2 --out run --json")
    summary = json.loads(t.read("run/run.json"))
    t.equal(summary["result"], answer, "the result in run.json")
    t.equal((summary["asked"]["epochs"], summary["asked"]["seeds"]), (3, 2), "epochs and seeds in run.json")
    t.equal(list(summary["asked"]["data"].values()), [t.json("inspect digits --json")["fingerprint"]], "the fingerprint")
    found = events(t)
    t.equal([found[0]["event"], found[-1]["event"]], ["start", "end"], "the first and last event")
    epochs = [event for event in found if event["event"] == "epoch"]
    t.equal(len(epochs), 3 * 2 * 4, "the number of epochs")
    for run in answer["runs"]:
        own = [e for e in epochs if (e["rule"], e["seed"]) == (run["rule"], run["seed"])]
        t.equal([e["train"]["accuracy"] for e in own], run["train"], f"the train accuracies of {run['rule']}")
        t.equal([e["test"]["accuracy"] for e in own], run["test"], f"the test accuracies of {run['rule']}")


def check_inspect_shows_the_findings(t):
    printed = t.run("reproduce f-adjoint --data digits --epochs 1 --seeds 1 --out run").stdout
    inspected = t.run("inspect run").stdout
    t.check(inspected.startswith("experiment  f-adjoint\n"), f"inspect does not name the experiment: {inspected}")
    t.check(inspected.endswith(printed), f"inspect says other things than reproduce: {inspected}{printed}")
    t.equal(t.json("inspect run --json"), {"kind": "run", "run": json.loads(t.read("run/run.json"))}, "inspect --json")
    t.write("run/run.json", '{"result": {"status": 1, "findings": 3}}')
    t.check("expected that of train, compare or reproduce" in t.run("inspect run", exit=3).stderr, "a broken run.json is not named")
    t.write("empty/a.txt", "")
    t.check("empty: the folder holds neither model.onnx nor" in t.run("inspect empty", exit=4).stderr, "no clear answer")


def check_threads_do_not_change_a_figure(t):
    command = "reproduce double-bayesian --data digits --epochs 1 --seeds 1 --json"
    answers = [t.json(f"{command} --threads {n} --out run{n}") for n in (1, 2)]
    t.equal(answers[0]["runs"], answers[1]["runs"], "the figures with two threads")


def check_interrupt_leaves_what_there_is(t):
    result = t.interrupt("reproduce f-adjoint --data digits --epochs 1000000 --out run --json --quiet", "epoch", 5)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    answer = result.json()
    t.equal(answer["status"], "interrupted", "the status")
    t.check(len(answer["runs"][0]["test"]) > 2, "the epochs done are lost")
    t.equal({f["verdict"] for f in answer["findings"]}, {"undecidable"}, "the verdicts")
    t.equal(json.loads(t.read("run/run.json"))["result"], answer, "the result in run.json")
    t.equal(events(t)[-1]["status"], "interrupted", "the status in the last event")


def without_seconds(answer):
    """The figures of a run, which repeats them to the bit."""
    runs = [{key: value for key, value in run.items() if key != "seconds"} for run in answer["runs"]]
    return answer["findings"], runs


def check_a_stopped_one_goes_on_and_comes_to_the_same(t):
    for words in ("f-adjoint --data digits --epochs 40 --seeds 2", "double-bayesian --data digits --epochs 2 --seeds 1"):
        whole = t.json(f"reproduce {words} --out whole --json --quiet")
        t.interrupt(f"reproduce {words} --out run --json --quiet", "trained", 2)
        before = sum(event["event"] == "trained" for event in events(t))
        t.check(2 <= before < len(whole["runs"]), f"{words}: {before} trainings had ended")
        with open(t.path("run/metrics.jsonl"), "a") as file:
            file.write('{"event": "trai')  # what a power cut leaves
        answer = t.json(f"reproduce {words} --out run --resume --json --quiet --threads 1")
        t.equal(without_seconds(answer), without_seconds(whole), f"{words}: what comes of it")
        t.equal(sum(event["event"] == "trained" for event in events(t)), len(whole["runs"]), f"{words}: each training once")
        t.equal(json.loads(t.read("run/run.json"))["result"], answer, f"{words}: the result in run.json")
        for folder in ("run", "whole"):
            shutil.rmtree(t.path(folder))


def check_what_cannot_go_on_is_refused(t):
    t.run("reproduce f-adjoint --data digits --epochs 2 --seeds 1 --out run --quiet")
    before = t.read("run/run.json")
    for words, fault in (("f-adjoint --data digits --epochs 3 --seeds 1", "asked for epochs 2, not 3"),
                         ("double-bayesian --data digits --epochs 2 --seeds 1", "asked for experiment \"f-adjoint\""),
                         ("softmax --data digits", "--resume with 'softmax'")):
        error = t.run(f"reproduce {words} --out run --resume", exit=2).stderr
        t.check(fault in error, f"{words}: {error}")
    t.check("--out" in t.run("reproduce f-adjoint --data digits --resume", exit=2).stderr, "no --out")
    t.equal(t.read("run/run.json"), before, "the earlier run")
    more = t.json("reproduce f-adjoint --data digits --epochs 2 --seeds 2 --out run --resume --json --quiet")
    t.equal(len(more["runs"]), 8, "with another seed")
    named = t.json("reproduce f-adjoint --data digits --epochs 2 --seeds 2 --learning-rate 0.001 --hidden 128 --loss squared --out run --resume --json --quiet")
    t.equal(without_seconds(named), without_seconds(more), "what the paper has, by name")


def check_damaged_figures_are_made_again(t):
    command = "reproduce f-adjoint --data digits --epochs 3 --seeds 1 --out run --json --quiet"
    whole = t.json(command)
    lines = t.read("run/metrics.jsonl").decode().splitlines()
    third = [k for k, line in enumerate(lines) if '"event":"trained"' in line][2]
    event = json.loads(lines[third])
    for change in ({"test": [1e308] * 3}, {"test": []}, {"test": None}, {"setbacks": -1}, {"status": "interrupted"}, {"train": [None]}):
        damaged = {**event, "result": {**event["result"], **change}}
        t.write("run/metrics.jsonl", "".join(line + "\n" for line in lines[:third] + [json.dumps(damaged)] + lines[third + 1:-1]))
        t.equal(without_seconds(t.json(command + " --resume")), without_seconds(whole), f"what comes of {change}")
    for start in ("null", "[]", '{"event": "start"}', '{"event": "start", "experiment": null, "asked": {}}', '{"event": "start", "experiment": "f-adjoint", "asked": null}'):
        t.write("run/metrics.jsonl", start + "\n")
        t.check("does not begin as one of reproduce" in t.run(command + " --resume", exit=2).stderr, f"a run that begins with {start}")
