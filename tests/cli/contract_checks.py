"""What DESIGN promises of `train --json`, of threads, of interruption, of weights, paths and conversions."""

import json
import os
import random
import signal
import time

import inputs

STATUSES = {"certified", "converged", "separable", "iteration_limit", "time_limit", "interrupted", "diverged"}


def check_train_json_keeps_its_contract(t):
    answer = t.json("train digits --json --out run")
    kinds = {"status": str, "why": str, "objective": float, "gap": float, "iterations": int, "seconds": float,
             "seconds_read": float, "seconds_write": float, "rows": int, "features": int, "classes": int, "train": dict,
             "test": dict, "run": str}
    for key, kind in kinds.items():
        t.check(isinstance(answer.get(key), kind), f"'{key}' is {answer.get(key)!r}, expected {kind.__name__}")
    t.check(answer["status"] in STATUSES, f"status {answer['status']}")
    for part in ("train", "test"):
        t.check({"cross_entropy", "accuracy"} <= answer[part].keys(), f"{part} lacks a key: {answer[part]}")
    # The objective is cross-entropy and penalty; a zero model has log 10.
    t.check(answer["train"]["cross_entropy"] < answer["objective"] < 2.302585093, "the objective is out of order")
    t.check(0 <= answer["gap"] <= 1e-8, "the gap is above the tolerance")


def check_run_directory_keeps_its_contract(t):
    answer = t.json("train digits --json --out run --l2 1e-3")
    summary = json.loads(t.read("run/run.json"))
    t.equal(summary["result"], answer, "the result in run.json")
    t.equal(summary["asked"]["l2"], 1e-3, "the penalty in run.json")
    t.check({"poise", "fingerprint", "schema"} <= summary.keys(), "run.json lacks a key")
    t.equal(summary["fingerprint"], t.json("inspect digits --json")["fingerprint"], "the fingerprint")
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    t.equal([events[0]["event"], events[-1]["event"]], ["start", "end"], "the first and last event")
    t.equal(sum(event["event"] == "iteration" for event in events), answer["iterations"], "the number of iteration events")
    t.equal(events[-1]["status"], "certified", "the status in the last event")


def check_run_json_says_how_the_data_were_read(t):
    t.write("a.txt", "w|x|name|c|spare\n" + "".join(f"1|{k % 7}|{'?' if k == 3 else 'ab'[k % 2]}|{'no' if k % 3 else 'yes'}.|0\n" for k in range(60)))
    t.run("train a.txt --label c --ignore spare --sample-weight w --missing category --delimiter | --header --strip-label-dot --scale none --unit 2 "
          "--numeric x --missing-values ?,none --min-category-rows 2 --decimal . --quote none --comment % "
          "--l2 0.5 --out run --quiet")
    summary = json.loads(t.read("run/run.json"))
    t.equal(summary["asked"]["read"], {"label": "c", "ignore": ["spare"], "categorical": [], "numeric": ["x"], "labels": "", "sample_weight": "w",
                                       "missing": "category", "missing_values": ["?", "none"], "min_category_rows": 2, "delimiter": "|", "decimal": ".",
                                       "quote": None, "comment": "%", "header": True, "strip_label_dot": True,
                                       "unknown_category": "none", "data_dir": ""}, "'read' in run.json")
    t.equal((summary["asked"]["scale"], summary["asked"]["unit"], summary["asked"]["l2"]), ("none", 2, 0.5), "the penalty's units in run.json")
    t.equal(summary["schema"]["classes"], ["no", "yes"], "the classes in run.json")
    t.run("train a.txt --label c --hidden 4 --epochs 1 --missing mean --out run --quiet")
    asked = json.loads(t.read("run/run.json"))["asked"]
    t.equal((asked["read"]["missing"], asked["read"]["header"], asked["scale"]), ("mean", None, "auto"), "what was asked of a network's data")


def check_inspect_shows_what_came_of_a_run(t):
    trained = t.json("train digits --l2 1e-2 --out run --json")
    t.equal(t.json("inspect run --json")["run"]["result"], trained, "the run in inspect --json")
    text = t.run("inspect run").stdout
    t.check("status      certified: " in text and f"accuracy {100 * trained['test']['accuracy']:.2f} %" in text, f"inspect says: {text}")
    for broken in ("", "{", "[1]", '{"result": 3}'):
        with open(t.path("run/run.json"), "w", encoding="utf-8") as file:
            file.write(broken)
        t.check("run" not in t.json("inspect run --json"), f"'{broken}' was taken for a run")
    t.check("fingerprint " + t.json("inspect digits --json")["fingerprint"] in t.run("inspect digits").stdout, "no fingerprint")


def check_the_run_directory_is_documented(t):
    here = os.path.dirname(os.path.abspath(__file__))
    texts = {}
    for name in ("run-directory", "model-file"):
        with open(os.path.join(here, "..", "..", "docs", f"{name}.md"), encoding="utf-8") as file:
            texts[name] = file.read()
    text = texts["run-directory"]

    def keys(value):
        for key, inner in value.items() if isinstance(value, dict) else ():
            yield key
            if key not in ("entries", "schema"):  # of a separating direction; in model-file.md
                yield from keys(inner)
        for inner in value if isinstance(value, list) else ():
            yield from keys(inner)

    t.write("a.csv", "x,y,label\n1,5,a\n2,1,a\n3,4,b\n4,2,b\n")
    for command in ("digits --l2-path 1e-1,1e-2 --validation 0.2", "a.csv --l2 0",
                    "digits --hidden 8 --rule predictive-coding --relaxation-steps 2 --epochs 2",
                    "digits --hidden 8 --epochs 2 --telemetry full --calibrate", "digits --telemetry full",
                    "digits --hidden 8 --epochs 2 --step adam --telemetry light"):
        t.run(f"train {command} --out run --quiet")
        written = [json.loads(t.read("run/run.json"))] + [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
        missing = sorted({key for value in written for key in keys(value) if f"`{key}`" not in text})
        missing += sorted({key for key in keys(written[0]["schema"]) if f"`{key}`" not in texts["model-file"]})
        t.check(not missing, f"docs/run-directory.md does not explain {missing} of train {command}")
        events = {value["event"] for value in written[1:]}
        t.check(all(f"| `{event}` |" in text for event in events), f"docs/run-directory.md lacks one of {events}")


def check_a_second_run_replaces_the_first(t):
    t.run("train digits --out run --quiet")
    t.write("ok.csv", {"table": {"rows": 60}})
    t.run("train ok.csv --out run --quiet")
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    t.equal(sum(event["event"] == "start" for event in events), 1, "the number of start events")
    t.equal(t.json("inspect run --json")["schema"]["features"], 2, "the features of the model")


def check_images_are_images_in_any_format(t):
    rows = 90
    pixels = [(37 * i * (j + 3) + (i % 3) * 40 * (j % 3 == i % 3)) % 256 for i in range(rows) for j in range(6)]
    labels = [i % 3 for i in range(rows)]
    t.write("a-images-idx3-ubyte", {"idx": {"shape": [rows, 2, 3], "data": pixels}})
    t.write("a-labels-idx1-ubyte", {"idx": {"shape": [rows], "data": labels}})
    t.write("a.npy", {"npy": {"shape": [rows, 2, 3], "data": pixels, "descr": "|u1"}})
    t.write("a-labels.npy", {"npy": {"shape": [rows], "data": labels, "descr": "<i8"}})
    idx, npy = (t.json(f"train {name} --json --quiet --out run-{name}") for name in ("a-images-idx3-ubyte", "a.npy"))
    t.equal((npy["scale"], npy["objective"].hex()), ("none", idx["objective"].hex()), "units and objective of NPY images")


def check_certify_proves_what_train_has_proven(t):
    # One-hot columns of two words add up to the same: directions without curvature. No penalty.
    draw = random.Random(5)
    rows = [f"{draw.choice('abc')},{draw.choice('uvw')},{draw.random():.3f},{draw.choice('pqr')}" for _ in range(60)]
    t.write("words.csv", "c,d,x,label\n" + "\n".join(rows) + "\n")
    t.run("convert digits digits.csv --quiet")
    for name, options in (("words", ""), ("digits", "--label-smoothing 0.01")):  # the second is for L-BFGS
        t.equal(t.json(f"train {name}.csv --l2 0 {options} --out run --json --quiet")["status"], "certified", f"the status of {name}")
        answer = t.json(f"certify run {name}.csv --json --quiet")
        t.check(answer["status"] == "certified" and answer["gap"] <= 1e-8, f"certify of {name} says {answer}")


def check_threads_do_not_change_a_bit(t):
    t.write("mixed.csv", {"table": {"rows": 3000, "numeric": 12, "categories": [["a", "b", "c"]], "classes": ["u", "v", "w"]}})
    for data, options in (("digits", ""), ("mixed.csv", ""), ("digits", "--solver lbfgs")):
        answers = [t.json(f"train {data} {options} --json --quiet --threads {n} --out run{n}") for n in (1, 2)]
        t.equal(answers[0]["objective"].hex(), answers[1]["objective"].hex(), f"the objective of {data} with two threads")
        t.equal(answers[0]["gap"].hex(), answers[1]["gap"].hex(), f"the gap of {data} with two threads")
        t.check(t.read("run1/model.onnx") == t.read("run2/model.onnx"), f"model.onnx of {data} differs with two threads")


def check_the_same_command_gives_the_same_bits(t):
    for n in (1, 2):
        t.run(f"train digits --quiet --out run{n}")
    t.check(t.read("run1/model.onnx") == t.read("run2/model.onnx"), "model.onnx differs from one run to the next")


def check_interrupt_leaves_a_model(t):
    # Gradient descent to a gap that float64 cannot have: it ends only by Ctrl-C.
    result = t.interrupt("train digits --solver descent --tolerance 1e-300 --l2 1e-9 --max-iterations 2000000000 --out run", "iteration", 20)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.check("interrupted: the model so far is in run/model.onnx" in result.stderr, f"stderr does not say so\n{result}")
    t.check("interrupted" in result.stdout, f"stdout does not say so\n{result}")
    t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "interrupted", "the status in run.json")
    t.check(t.json("evaluate run digits:test --json")["accuracy"] > 0.5, "the model is of no use")


def check_interrupt_with_json(t):
    result = t.interrupt("train digits --solver descent --tolerance 1e-300 --l2 1e-9 --max-iterations 2000000000 --out run --json --quiet", "iteration", 5)
    t.equal(result.code, 130, "the exit code")
    t.equal(result.json()["status"], "interrupted", "the status")
    t.equal(result.stderr, "", "stderr with --quiet")


def check_interrupt_of_a_path_leaves_a_model(t):
    result = t.interrupt("train digits --solver descent --tolerance 1e-300 --l2-path 1e-1,1e-9 --max-iterations 2000000000 --out run --json", "iteration", 5)
    t.equal(result.code, 130, "the exit code")
    t.equal(result.json()["status"], "interrupted", "the status")
    t.run("predict run digits:test -o labels.csv")


def check_interrupt_of_a_network_leaves_a_model(t):
    result = t.interrupt("train digits --hidden 16 --epochs 1000000 --out run", "epoch", 20)
    t.equal(result.code, 130, f"the exit code\n{result}\n")
    t.check("interrupted: the model so far is in run/model.onnx" in result.stderr, f"stderr does not say so\n{result}")
    t.equal(json.loads(t.read("run/run.json"))["result"]["status"], "interrupted", "the status in run.json")
    t.check(t.json("evaluate run digits:test --json")["accuracy"] > 0.5, "the model is of no use")


def check_interrupt_ends_what_does_not_ask(t):
    os.mkfifo(t.path("pipe.csv"))  # nobody writes: reading waits for ever
    process = t.start("convert pipe.csv b.csv")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    t.equal(t.finish(process, 20).code, -signal.SIGINT, "the exit code")


def check_a_network_run_says_all_that_was_asked(t):
    options = {"activation": "tanh", "initialization": "orthogonal", "gain": 0.5, "rule": "equilibrium", "order": "gauss-seidel", "relaxation_rate": 0.2,
               "relaxation_steps": 30, "step": "sgd", "learning_rate": 0.05, "momentum": 0.5, "momentum_phase": 0.1, "reduction": "mean",
               "precision": "float32", "epochs": 2, "batch": 50, "patience": 7, "solve_head_every": 2, "time_limit": 50, "l2": 1e-7,
               "label_smoothing": 0.1, "scale": "none", "seed": 3, "threads": 1}
    words = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in options.items())
    t.run(f"train digits --hidden 8 {words} --cooling --stop-at-rest --out run --quiet")
    asked = json.loads(t.read("run/run.json"))["asked"]
    for name, value in dict(options, cooling=True, stop_at_rest=True, compat=None, relaxation="layer-by-layer").items():
        t.equal(asked.get(name, "nothing"), value, f"'{name}' in run.json")
    metadata = t.json("inspect run --json")["metadata"]
    t.equal(float(metadata["l2"]), 1e-7, "the penalty in the model")
    t.run("train digits --hidden 8 --epochs 1 --out run --quiet")
    asked = json.loads(t.read("run/run.json"))["asked"]
    t.close(asked["learning_rate"], 4 + 2**0.5 - 5**0.5 - 10**0.5, 1e-12, "the golden rate")
    t.close(asked["momentum"], (10**0.5 - 2**0.5) / 2, 1e-12, "the golden momentum")
    t.equal((asked["batch"], asked["initialization"], asked["cooling"]), (32, "kaiming", True), "what was left open")


def check_path_picks_by_validation(t):
    answer = t.json("train digits --l2-path 10,1e-2,1e-3,1e-7 --validation 0.3 --json --quiet --out run")
    losses = [point["validation"]["cross_entropy"] for point in answer["path"]]
    t.equal([point["l2"] for point in answer["path"]], [10, 1e-2, 1e-3, 1e-7], "the penalties of the path")
    best = losses.index(min(losses))
    t.equal(answer["l2"], answer["path"][best]["l2"], "the chosen penalty")
    t.equal(answer["validation"]["cross_entropy"], losses[best], "the validation loss of the model")
    t.check(best not in (0, 3), "a penalty at the end of the path: the test shows nothing")
    t.equal(float(t.json("inspect run --json")["metadata"]["l2"]), answer["l2"], "the penalty recorded in the model")
    t.check(all(point["status"] == "certified" for point in answer["path"]), "a point of the path is not certified")
    objectives = [point["objective"] for point in answer["path"]]
    t.equal(objectives, sorted(objectives, reverse=True), "objectives, which fall with the penalty,")


def check_path_equals_single_solves(t):
    t.write("ok.csv", {"table": {"rows": 60, "classes": ["a", "b", "c"]}})
    path = t.json("train ok.csv --l2-path 1e-1,1e-3 --json --quiet --out path")["path"]
    for point in path:
        single = t.json(f"train ok.csv --l2 {point['l2']} --json --quiet --out single")
        t.close(point["objective"], single["objective"], 2e-8, "the objective of a point of the path")


def check_validation_split_follows_the_seed(t):
    t.write("ok.csv", {"table": {"rows": 200}})
    run = lambda seed: t.json(f"train ok.csv --validation 0.5 --seed {seed} --json --quiet --out run")["validation"]["cross_entropy"]
    t.equal(run(1), run(1), "the validation loss of the same seed")
    t.check(run(1) != run(2), "two seeds split alike")


def check_warm_start_saves_iterations(t):
    first = t.json("train digits --json --quiet --out first")
    again = t.json("train digits --start first --json --quiet --out again")
    t.equal(again["status"], "certified", "the status")
    t.check(again["iterations"] < first["iterations"], f"{again['iterations']} iterations from the solution, {first['iterations']} from zero")
    t.close(again["objective"], first["objective"], 2e-8, "the objective")


def check_warm_start_by_another_penalty(t):
    t.run("train digits --l2 1e-2 --quiet --out first")
    warm = t.json("train digits --start first/model.onnx --json --quiet --out warm")
    cold = t.json("train digits --json --quiet --out cold")
    t.close(warm["objective"], cold["objective"], 2e-8, "the objective")


def check_class_weights_are_row_weights(t):
    # balanced: n/(K n_c). Two rows of a and six of b: weights 2 and 2/3.
    rows = [(1, 2, "a"), (2, 1, "a"), (1, 1, "b"), (2, 2, "b"), (3, 1, "b"), (0, 2, "b"), (1, 3, "b"), (2, 0, "b")]
    t.write("a.csv", "x,y,label\n" + "".join(f"{x},{y},{c}\n" for x, y, c in rows))
    t.write("w.csv", "x,y,w,label\n" + "".join(f"{x},{y},{3 if c == 'a' else 1},{c}\n" for x, y, c in rows))
    balanced = t.json("train a.csv --scale none --class-weight balanced --json --quiet --out a --tolerance 1e-12")
    weighted = t.json("train w.csv --scale none --sample-weight w --json --quiet --out w --tolerance 1e-12")
    t.close(balanced["objective"], weighted["objective"], 1e-9, "the objective")


def check_a_weight_of_two_is_a_row_twice(t):
    lines = inputs.table(40, numeric=3, classes=("a", "b", "c"), weight=True).splitlines()
    t.write("w.csv", "\n".join(lines) + "\n")
    plain = ["x0,x1,x2,label"]
    for line in lines[1:]:
        *x, weight, label = line.split(",")
        plain += [",".join(x + [label])] * int(weight)
    t.write("rows.csv", "\n".join(plain) + "\n")
    for scale in ("none", "standard"):
        options = f"--l2 1e-3 --scale {scale} --tolerance 1e-12 --json --quiet"  # the default goes by rows, not by their weights
        weighted = t.json(f"train w.csv --sample-weight weight {options} --out w-{scale}")
        repeated = t.json(f"train rows.csv {options} --out rows-{scale}")
        t.close(weighted["objective"], repeated["objective"], 1e-9, f"the objective on {scale} features")
        t.equal(weighted["features"], 3, "the number of features without the weight")
        # The model remembers its weights: certify sees the weighted objective.
        certified = t.json(f"certify w-{scale} w.csv --json --require-certificate")
        t.close(certified["objective"], repeated["objective"], 1e-9, "the objective that certify sees")


def check_a_weight_of_zero_is_no_row(t):
    t.write("w.csv", "x,w,label\n1,1,a\n2,1,b\n3,1,a\n4,1,b\n1000,0,a\n")
    t.write("rows.csv", "x,label\n1,a\n2,b\n3,a\n4,b\n")
    weighted = t.json("train w.csv --sample-weight w --tolerance 1e-12 --json --quiet --out w")
    without = t.json("train rows.csv --tolerance 1e-12 --json --quiet --out rows")
    t.close(weighted["objective"], without["objective"], 1e-9, "the objective")


def check_soft_targets_of_one_class_are_labels(t):
    draw = random.Random(3)
    rows, classes = 50, 3
    labels = [draw.randrange(classes) for _ in range(rows)]
    features = [draw.gauss(0, 1) + (c == j) for c in labels for j in range(2)]
    t.write("x.npy", {"npy": {"shape": [rows, 2], "data": features}})
    t.write("hard.npy", {"npy": {"shape": [rows], "data": labels, "descr": "<i8"}})
    t.write("soft.npy", {"npy": {"shape": [rows, classes], "data": [float(c == k) for c in labels for k in range(classes)]}})
    hard = t.json("train x.npy --labels hard.npy --tolerance 1e-12 --json --quiet --out hard")
    soft = t.json("train x.npy --labels soft.npy --tolerance 1e-12 --json --quiet --out soft")
    t.close(hard["objective"], soft["objective"], 1e-12, "the objective")
    smooth = t.json("train x.npy --labels hard.npy --label-smoothing 0.3 --tolerance 1e-12 --json --quiet --out smooth")
    t.write("smooth.npy", {"npy": {"shape": [rows, classes], "data": [0.7 * (c == k) + 0.1 for c in labels for k in range(classes)]}})
    spread = t.json("train x.npy --labels smooth.npy --tolerance 1e-12 --json --quiet --out spread")
    t.close(smooth["objective"], spread["objective"], 1e-6, "the smoothed objective")  # targets are float32


def predictions(t, run, data):
    return t.json(f"predict {run} {data} --proba --json")


def check_conversions_keep_predictions(t):
    t.write("a.csv", {"table": {"rows": 120, "numeric": 4, "classes": ["0", "1", "2"], "label": "class"}})
    t.run("train a.csv --scale none --tolerance 1e-12 --quiet --out run")
    expected = predictions(t, "run", "a.csv")
    t.run("convert a.csv b.libsvm --quiet")
    t.run("convert a.csv c.npy --quiet")
    t.run("convert b.libsvm d.csv.gz --quiet")
    t.run("convert c.npy e.csv --quiet")
    for name in ("b.libsvm", "c.npy", "d.csv.gz", "e.csv"):
        trained = t.json(f"train {name} --scale none --tolerance 1e-12 --json --quiet --out run-{name}")
        t.equal((trained["rows"], trained["features"], trained["classes"]), (120, 4, 3), f"the shape of {name}")
        found = predictions(t, f"run-{name}", name)
        t.equal(found["labels"], expected["labels"], f"the labels predicted from {name}")
        for row, wanted in zip(found["probabilities"], expected["probabilities"]):
            for p, q in zip(row, wanted):
                t.close(p, q, 1e-5, f"a probability from {name}")
    # The model of LIBSVM text and that of the array read each other's files.
    t.equal(predictions(t, "run-b.libsvm", "c.npy")["labels"], expected["labels"], "the labels across formats")
    t.equal(predictions(t, "run-c.npy", "b.libsvm")["labels"], expected["labels"], "the labels across formats")


def check_conversions_are_exact(t):
    t.write("a.csv", {"table": {"rows": 50, "numeric": 3, "categories": [["r,ed", "gr\"een", "blue"]], "missing": 0.0}, "replace": ["r,ed", "red, dark"]})
    text = t.read("a.csv").decode().replace("red, dark", '"red, dark"').replace('gr"een', '"gr""een"')
    t.write("a.csv", text)
    t.run("convert a.csv b.csv --quiet")
    t.run("convert b.csv c.csv.gz --quiet")
    t.run("convert c.csv.gz d.csv --quiet")
    t.check(t.read("b.csv") == t.read("d.csv"), "a file that we wrote is not written alike again")
    fingerprint = lambda name: t.json(f"inspect {name} --json")["fingerprint"]
    t.equal(fingerprint("b.csv"), fingerprint("a.csv"), "the fingerprint")


def check_conversion_of_digits(t):
    t.run("convert digits digits.npy --quiet")
    t.run("convert digits digits.libsvm.gz --quiet")
    original = t.json("train digits --unit 1 --l2 1e-3 --tolerance 1e-11 --json --quiet --out a")
    for name in ("digits.npy", "digits.libsvm.gz"):
        copy = t.json(f"train {name} --scale none --unit 1 --l2 1e-3 --tolerance 1e-11 --json --quiet --out b")
        t.close(copy["objective"], original["objective"], 1e-9, f"the objective of {name}")


def check_prediction_prints_what_it_writes(t):
    t.write("ok.csv", {"table": {"rows": 60, "classes": ["a", "b", "c"]}})
    t.run("train ok.csv --out run --quiet")
    printed = t.run("predict run ok.csv --proba").stdout
    result = t.run("predict run ok.csv --proba -o p.csv")
    t.equal(result.stdout, "", "stdout with -o")
    t.equal(t.read("p.csv").decode(), printed, "the file")
    rows = [line.split(",") for line in printed.splitlines()]
    t.equal(rows[0], ["label", "a", "b", "c"], "the header")
    t.equal(len(rows), 61, "the number of lines")
    for label, *row in rows[1:]:
        p = [float(x) for x in row]
        t.close(sum(p), 1, 1e-8, "the sum of a row")
        t.equal(label, "abc"[p.index(max(p))], "the label")
    labels = t.run("predict run ok.csv").stdout.split()
    t.equal(labels, [row[0] for row in rows[1:]], "the labels without --proba")
    as_json = t.json("predict run ok.csv --proba --json")
    t.equal(as_json["labels"], labels, "the labels with --json")
    t.equal(t.json("predict run ok.csv --json -o q.csv"), {"output": "q.csv", "rows": 60}, "the answer with --json -o")


def check_evaluate_agrees_with_predict(t):
    t.run("train digits --out run --quiet")
    t.run("convert digits:test test.csv --quiet")
    truth = [line.split(",")[-1] for line in t.read("test.csv").decode().splitlines()[1:]]
    answer = predictions(t, "run", "digits:test")
    measured = t.json("evaluate run digits:test --json")
    right = sum(a == b for a, b in zip(answer["labels"], truth))
    t.close(measured["accuracy"], right / len(truth), 1e-12, "the accuracy")
    counted = [[sum(a == r and b == c for a, b in zip(truth, answer["labels"])) for c in answer["classes"]] for r in answer["classes"]]
    t.equal(measured["confusion"], counted, "the confusion matrix")
    t.equal(t.json("evaluate run digits:test --json --threads 1"), measured, "the answer on one thread")


def check_progress_is_only_for_terminals(t):
    result = t.run("train digits --out run --json")
    t.equal(result.stderr, "", "stderr of a short run that is no terminal")


def check_mnist_without_a_penalty_is_separable(t):
    folder = os.path.dirname(t.shared("mnist", "train-images-idx3-ubyte.gz"))
    # The proof is in the data alone; one step instead of the twelve that make the model more useful.
    answer = t.json(f"train mnist --data-dir {os.path.dirname(folder)} --l2 0 --json --quiet --out run --max-iterations 1", timeout=200)
    t.equal(answer["status"], "separable", f"the status ({answer['why']})")
    t.equal(answer["gap"], None, "the gap")
    t.check("pixel (" in answer["why"], f"'why' names no pixel: {answer['why']}")
    pixels = answer["separation"]["proving_features"]
    t.check(pixels and all(pixel.startswith("pixel (") for pixel in pixels), f"no pixel is the proof: {pixels[:5]}")
    # The proof, checked by hand: the pixel is above zero in rows of some classes and never in rows of another.
    import gzip
    images = gzip.open(t.shared("mnist", "train-images-idx3-ubyte.gz")).read()[16:]
    labels = gzip.open(t.shared("mnist", "train-labels-idx1-ubyte.gz")).read()[8:]
    row, column = (int(x) for x in pixels[0][len("pixel ("):-1].split(","))
    column_values = images[28 * row + column::784]
    seen = {labels[i] for i, value in enumerate(column_values) if value > 0}
    t.check(0 < len(seen) < 10, f"{pixels[0]} is above zero in rows of {len(seen)} classes")
