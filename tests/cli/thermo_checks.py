"""Calibration and telemetry as a user meets them: what is stored, what the events hold, what does not change."""

import json
import random


def events(t, run):
    found = [json.loads(line) for line in t.read(f"{run}/metrics.jsonl").decode().splitlines()]
    return [event for event in found if event["event"] == "thermodynamics"]


def check_calibration_is_in_the_model(t):
    plain = t.json("train digits --hidden 16 --epochs 20 --validation 0.2 --seed 3 --out plain --json")
    calibrated = t.json("train digits --hidden 16 --epochs 20 --validation 0.2 --seed 3 --calibrate --out run --json")
    temperature = calibrated["calibration"]["temperature"]
    of_final_model = ("confused", "confused_pairs")
    before = {part: {name: value for name, value in plain[part].items() if name not in of_final_model} for part in ("train", "validation", "test")}
    t.equal(calibrated["calibration"]["before"], before, "the metrics before calibration")
    t.equal(float(t.json("inspect run --json")["metadata"]["temperature"]), temperature, "the temperature in the model")
    t.close(calibrated["validation"]["equilibrium_gap"], 0, 1e-9, "CE - H on the held-out rows")
    t.check(calibrated["validation"]["cross_entropy"] <= plain["validation"]["cross_entropy"], "calibration has hurt")
    t.equal(calibrated["test"]["accuracy"], plain["test"]["accuracy"], "the accuracy")
    # Probabilities are the old ones to the power 1/T, normalized.
    old, new = (t.json(f"predict {run} digits:test --proba --json") for run in ("plain", "run"))
    t.equal(new["labels"], old["labels"], "the labels")
    for before, after in zip(old["probabilities"], new["probabilities"]):
        powers = [p ** (1 / temperature) for p in before]
        for power, found in zip(powers, after):
            t.close(found, power / sum(powers), 1e-9, "a calibrated probability")


def check_a_calibrated_model_is_a_start_like_any(t):
    cold = t.json("train digits --calibrate --seed 4 --out run --json")
    again = t.json("train digits --validation 0.1 --seed 4 --start run --out again --json")
    t.equal(again["status"], "certified", "the status")
    t.check(again["iterations"] < cold["iterations"] / 2, f"{again['iterations']} iterations from the optimum, {cold['iterations']} from 0")
    t.check("temperature" not in t.json("inspect again --json")["metadata"], "a temperature is left from the start")


def check_certify_says_what_training_said(t):
    trained = t.json("train digits --calibrate --out run --json")
    certified = t.json("certify run digits --json")
    t.equal(certified["status"], "certified", "the status")
    t.close(certified["objective"], trained["objective"], 1e-12, "the objective")


def check_telemetry_changes_no_bit(t):
    networks = []
    for level in ("off", "light", "full"):
        t.run(f"train digits --hidden 8 --epochs 6 --telemetry {level} --out {level} --quiet")
        networks.append(t.json(f"predict {level} digits:test --proba --json")["probabilities"])
    t.check(networks[0] == networks[1] == networks[2], "telemetry has changed the network")
    t.equal(len(events(t, "off")), 0, "the number of events with telemetry off")


def check_telemetry_measures_what_training_sees(t):
    answer = t.json("train digits --hidden 8 --epochs 12 --validation 0 --telemetry full --out run --json")
    found = events(t, "run")
    t.equal([event["epoch"] for event in found], list(range(1, 13)), "the epochs measured")
    t.equal(answer["telemetry"]["measurements"], 12, "the number of measurements")
    # The last epoch's weights are those of the model; the same rows are drawn again. Those stand for all rows.
    thermo = t.json(f"thermo run digits --rows {answer['telemetry']['rows']} --json")
    loss = found[-1]["mean_loss"]
    t.close(loss["value"], answer["train"]["cross_entropy"], 4 * loss["row_error"], "the last mean loss")
    for name in ("mean_loss", "equilibrium_gap", "laplacian", "complexity", "largest_curvature", "output_entropy"):
        t.close(found[-1][name]["value"], thermo[name]["value"], 1e-6 * abs(thermo[name]["value"]), f"the last {name}")
    t.close(found[-1]["step"]["edge"], thermo["step"]["edge"], 1e-6 * thermo["step"]["edge"], "the last edge")


def check_thermo_measures_the_loss_that_was_trained_on(t):
    draw = random.Random(5)  # three rows of a for each of b, so that balancing them weighs
    rows = "".join(f"{draw.gauss(c == 'a', 1)},{draw.gauss(0, 1)},{c}\n" for _ in range(60) for c in "aaab")
    t.write("uneven.csv", "x,y,label\n" + rows)
    values = {}
    for options in ("", "--label-smoothing 0.1", "--class-weight balanced", "--label-smoothing 0.1 --class-weight balanced"):
        t.run(f"train uneven.csv --hidden 6 --epochs 4 --validation 0 --telemetry full {options} --out run --quiet")
        trained, thermo = events(t, "run")[-1], t.json("thermo run uneven.csv --json")
        for name in ("mean_loss", "equilibrium_gap", "laplacian", "complexity"):
            t.close(trained[name]["value"], thermo[name]["value"], 1e-6 * abs(thermo[name]["value"]), f"{name} with '{options}'")
        values[options] = thermo["mean_loss"]["value"]
    t.equal(len(set(values.values())), 4, "the number of different losses")


def check_confidence_is_judged_as_evaluate_does(t):
    t.run("train digits --hidden 32 --label-smoothing 0.1 --class-weight balanced --epochs 20 --calibrate --out run --quiet")
    thermo, evaluated = t.json("thermo run digits:test --rows 0 --json"), t.json("evaluate run digits:test --json")
    t.close(thermo["plain_loss"]["equilibrium_gap"]["value"], evaluated["equilibrium_gap"], 1e-6, "CE - H")
    t.close(thermo["plain_loss"]["mean_loss"]["value"], evaluated["cross_entropy"], 1e-6, "the cross-entropy")
    t.check(thermo["equilibrium_gap"]["value"] > 0.3, "the smoothed loss of divided scores is no other")
    t.check("by the plain cross-entropy, as evaluate has it" in thermo["reading"][0], thermo["reading"][0])


def check_thermo_refuses_metadata_that_are_no_numbers(t):
    t.run("train digits --hidden 4 --epochs 1 --label-smoothing 0.1 --out run --quiet")
    model = t.read("run/model.onnx")
    place = model.index(b"0.1", model.index(b"poise.label_smoothing"))
    for text in (b"nan", b"0.x", b"1.1"):
        with open(t.path("run/model.onnx"), "wb") as file:
            file.write(model[:place] + text + model[place + 3:])
        result = t.run("thermo run digits", exit=3)
        t.check("'label_smoothing' is '" + text.decode() in result.stderr, f"stderr does not say what is wrong\n{result}")


def check_telemetry_of_the_softmax_layer(t):
    t.run("train digits --l2-path 1e-1,1e-3 --telemetry full --out run --quiet")
    found = events(t, "run")
    t.equal([event["l2"] for event in found], [1e-1, 1e-3], "the penalties measured")
    for event in found:  # at the optimum CE - H = -l2 |W|^2 (docs/theory/dual-process.md#one-identity): below 0, and the less the smaller the penalty
        t.check(event["equilibrium_gap"]["value"] < 0, "the penalty does not hold the layer below rest")
    t.check(found[0]["equilibrium_gap"]["value"] < found[1]["equilibrium_gap"]["value"], "the gap does not follow the penalty")


def check_events_say_null_where_no_step_is_judged(t):
    for options, judged in (("--step adam", False), ("--momentum-phase 0.1", False), ("", True)):
        t.run(f"train digits --hidden 4 --epochs 1 {options} --telemetry light --out run --quiet")
        for event in events(t, "run"):
            t.check("step" in event, f"no 'step' with '{options}'")
            t.equal(event["step"] is not None, judged, f"whether a step is judged with '{options}'")
            t.equal(event["temperature"].keys(), {"temperature", "cross_entropy", "at_limit"}, "the keys of the temperature")
    t.run("train digits --telemetry light --out run --quiet")
    t.equal(events(t, "run")[0].get("step", "absent"), None, "the step of the softmax layer")


def check_the_epoch_kept_is_the_last_with_the_largest_smoothed_accuracy(t):
    answer = t.json("train digits --hidden 8 --epochs 25 --seed 2 --out run --json")
    found = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    epochs = [event for event in found if event["event"] == "epoch"]
    smoothed = [event["validation"]["smoothed_accuracy"] for event in epochs]
    mean = epochs[0]["validation"]["accuracy"]
    for event, value in zip(epochs, smoothed):
        mean += 0.2 * (event["validation"]["accuracy"] - mean)
        t.close(value, mean, 1e-12, f"the smoothed accuracy of epoch {event['epoch']}")
        t.check("smoothed_accuracy" not in event["train"], "training rows have a smoothed accuracy")
    last = max(k for k, value in enumerate(smoothed) if value == max(smoothed))
    t.equal(answer["best_epoch"], last + 1, "the epoch kept")
    t.close(answer["validation"]["accuracy"], epochs[last]["validation"]["accuracy"], 1e-12, "the accuracy of the model")


def check_telemetry_measures_the_model_as_trained(t):
    for flags in ("", "--hidden 8 --epochs 3"):
        for calibrate in ("", "--calibrate"):
            t.run(f"train digits {flags} --validation 0.1 {calibrate} --telemetry light --out run{bool(calibrate)} --quiet")
        plain, calibrated = events(t, "runFalse"), events(t, "runTrue")
        t.equal([event["mean_loss"] for event in calibrated], [event["mean_loss"] for event in plain], "the losses with --calibrate")


def check_a_step_is_judged_by_its_formulas(t):
    t.run("train digits --hidden 8 --epochs 2 --step sgd --learning-rate 0.05 --momentum 0.5 --batch 16 --out run --quiet")
    found = t.json("thermo run digits --json")
    t.check(found["largest_curvature"]["residual"] <= 0.01 * found["largest_curvature"]["value"], "Lanczos stopped early")
    t.close(found["step"]["edge"], 0.05 * found["largest_curvature"]["value"] / (2 * 1.5), 1e-9, "the edge")
    t.close(found["step"]["optimizer_temperature"]["value"], 0.05 * found["gradient_noise"]["value"] / (2 * 0.5 * 16),
            1e-12, "the optimizer temperature")


def check_more_label_draws_make_the_laplacian_surer(t):
    t.run("train digits --hidden 12,12,8 --activation tanh --epochs 1 --out run --quiet")
    few, many = (t.json(f"thermo run digits --detail light --label-draws {n} --json")["laplacian"] for n in (4, 64))
    t.check(0 < many["error"] < 0.5 * few["error"], f"errors {few['error']} of 4 draws, {many['error']} of 64")
    t.close(many["value"], few["value"], 5 * few["error"], "the Laplacian")


def check_thermo_threads_do_not_change_a_figure(t):
    t.run("train digits --hidden 12,8 --activation tanh --epochs 2 --out run --quiet")
    answers = [t.json(f"thermo run digits --threads {n} --json") for n in (1, 2)]
    t.equal(answers[0], answers[1], "the figures with two threads")
