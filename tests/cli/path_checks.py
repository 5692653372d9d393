"""A path of penalties: what its events say, and what is answered when it is stopped on its way."""

import json
import random
import signal
import time

FIRST, SECOND = 10, 1e-12
# Descent takes for ever without much of a penalty where rows are fewer than features.
COMMAND = f"train noise.csv --solver descent --l2-path {FIRST},{SECOND} --validation 0.5 --max-iterations 2000000000 --out run"


def write_noise(t):
    """Labels that no feature tells: the larger the penalty, the better on the rows held out."""
    draw, columns = random.Random(1), 80
    rows = [",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(columns)) + f",{draw.choice('ab')}" for _ in range(120)]
    t.write("noise.csv", "\n".join([",".join(f"x{j}" for j in range(columns)) + ",label"] + rows) + "\n")


def iterations(t):
    lines = t.read("run/metrics.jsonl").decode().splitlines()
    events = [json.loads(line) for line in lines if line.endswith("}")]
    return [event for event in events if event["event"] == "iteration"]


def expect_a_stopped_path(t, answer, status):
    t.equal(answer["status"], status, "the status")
    t.equal([(point["l2"], point["status"]) for point in answer["path"]], [(FIRST, "certified"), (SECOND, status)], "the path")
    t.equal(answer["l2"], FIRST, "the penalty chosen")
    for figure in ("gap", "objective"):
        t.equal(answer[figure], answer["path"][0][figure], f"'{figure}' of the model chosen")
    for part in ("train", "validation"):  # along a path there is no AUC and nothing by class
        on_path = {key: answer[part][key] for key in answer["path"][0][part]} | {"auc": None}
        t.equal(on_path, answer["path"][0][part], f"'{part}' of the model chosen")
    t.check(f"in the solve for l2 {SECOND:g}; the model is that for l2 {FIRST}" in answer["why"], f"'why' is {answer['why']}")
    t.equal(json.loads(t.read("run/run.json"))["result"], answer, "the result in run.json")
    t.equal(json.loads(t.read("run/metrics.jsonl").decode().splitlines()[-1])["status"], status, "the status in the last event")


def check_interrupted_in_its_second_solve(t):
    write_noise(t)
    process = t.start(COMMAND + " --json")
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
        try:
            if sum(event["l2"] == SECOND for event in iterations(t)) > 2000:
                break
        except FileNotFoundError:
            continue
    process.send_signal(signal.SIGINT)
    result = t.finish(process, 60)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.check("interrupted: the model so far is in run/model.onnx" in result.stderr, f"stderr does not say so\n{result}")
    expect_a_stopped_path(t, result.json(), "interrupted")


def check_out_of_time_in_its_second_solve(t):
    write_noise(t)
    expect_a_stopped_path(t, t.json(COMMAND + " --time-limit 1 --json"), "time_limit")
    t.run(COMMAND + " --time-limit 1 --require-certificate --quiet", exit=1)


def check_events_say_the_penalty_and_the_seconds_of_all(t):
    t.run("train digits --l2-path 1e-1,1e-2,1e-3 --out run --quiet")
    events = iterations(t)
    t.equal(list(dict.fromkeys(event["l2"] for event in events)), [1e-1, 1e-2, 1e-3], "the penalties in the events")
    seconds = [event["seconds"] for event in events]
    t.equal(seconds, sorted(seconds), "the seconds in the events")
    t.run("train digits --out run --quiet")
    t.check(not any("l2" in event for event in iterations(t)), "a single solve is taken for a path")
