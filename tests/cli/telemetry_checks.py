"""What telemetry takes, and that limits count for it."""

import json
import time


def thermodynamics(t):
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    return [event for event in events if event["event"] == "thermodynamics"]


def check_seconds_are_the_sum_of_the_events_and_not_of_training(t):
    for words in ("digits --hidden 128 --epochs 12", "digits", "digits --l2-path 1e-1,1e-2"):
        begun = time.monotonic()
        answer = t.json(f"train {words} --telemetry full --out run --json")
        elapsed = time.monotonic() - begun
        events = thermodynamics(t)
        t.equal(len(events), answer["telemetry"]["measurements"], "the number of measurements")
        seconds = answer["telemetry"]["seconds"]
        t.close(seconds, sum(event["seconds"] for event in events), 1e-9 * seconds, "the seconds of telemetry")
        # Of networks most of the time is telemetry: counted twice it would not fit.
        t.check(answer["seconds"] + seconds <= elapsed, f"{answer['seconds']} s of training and {seconds} s of telemetry in {elapsed} s")
        t.equal(answer["telemetry"]["stopped"], None, "what stopped it")


def check_a_time_limit_counts_for_telemetry(t):
    for words in ("digits", "digits --l2-path 1e-1,1e-2", "digits --hidden 8"):
        answer = t.json(f"train {words} --telemetry full --time-limit 1e-9 --out run --json")
        t.equal(answer["status"], "time_limit", "the status")
        t.equal(answer["telemetry"]["measurements"], 0, "the number of measurements")
        t.equal(thermodynamics(t), [], "the measurements")
    t.equal(t.json("train digits --telemetry full --time-limit 1e-9 --out run --json")["telemetry"]["stopped"], "time_limit", "what stopped it")
    result = t.run("train digits --telemetry light --time-limit 1e-9 --out run")
    t.check("telemetry   light: 0 measurements on 0 rows, 0.000 s, then out of time" in result.stdout, f"stdout does not say so\n{result}")
