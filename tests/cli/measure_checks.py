"""What happens after training: the model is there before it is measured, and what there is no time for is left out."""

import csv
import gzip
import io
import json
import math
import os
import random
import signal
import struct
import time


def check_the_model_is_written_before_it_is_measured(t):
    draw = random.Random(1)
    rows = 300000
    t.write("a.csv", "x,z,c\n" + "".join(f"{draw.randrange(9)},{draw.randrange(9)},{'ab'[k % 2]}\n" for k in range(rows)))
    for attempt in range(10):  # the moment between model and measurements is short
        process = t.start(f"train a.csv --test a.csv --l2 1 --threads 1 --out run{attempt} --quiet")
        deadline = time.monotonic() + 60
        while process.poll() is None and not os.path.exists(t.path(f"run{attempt}/run.json")) and time.monotonic() < deadline:
            pass
        process.kill()  # a crash: nothing is handled
        t.finish(process, 20)
        result = json.loads(t.read(f"run{attempt}/run.json"))["result"]
        t.json(f"inspect run{attempt}/model.onnx --json")
        if result["not_measured"] is None:
            continue
        t.equal(result["not_measured"], "the run has not ended", "what is said of a run that crashed")
        t.equal((result["status"], result["train"], result["test"]), ("certified", None, None), "what is known before measuring")
        t.check("not to the end: the run has not ended" in t.run(f"inspect run{attempt}").stdout, "inspect does not say so")
        return
    t.skip("measuring was always done before the process could be ended")


def check_a_path_leaves_the_best_model_so_far(t):
    # The second solve takes minutes.
    process = t.start("train digits --l2-path 1e-1,1e-9 --validation 0.2 --solver golden --tolerance 1e-300 --max-iterations 300000 --out run --quiet")
    deadline = time.monotonic() + 60
    while process.poll() is None and not os.path.exists(t.path("run/model.onnx")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    t.finish(process, 20)
    t.equal(t.json("inspect run/model.onnx --json")["metadata"]["l2"], "0.1", "the penalty of the model")


def check_an_interrupt_after_training_leaves_a_second_to_measure(t):
    for option in ("", "--hidden 4 --epochs 1"):
        answer = t.json(f"train digits {option} --time-limit 1e-9 --out run --json")
        t.equal((answer["status"], answer["not_measured"]), ("time_limit", None), "status and what was not measured")
        t.check(answer["train"] and answer["test"], "nothing was measured")


def check_accuracy_on_training_rows_alone_is_said_to_be_that(t):
    t.write("a.csv", {"table": {"rows": 18}})  # too few for a cross-validation
    word = "on the rows trained on: --validation 0.2 or --test FILE tells how it is on others"
    t.check(word in t.run("train a.csv --out run").stdout, "not said")
    t.check(word in t.run("inspect run").stdout, "not said by inspect")
    for option in ("--validation 0.3", "--test a.csv", "--hidden 4 --epochs 1"):
        t.check(word not in t.run(f"train a.csv {option} --out run").stdout, f"said with {option}")


def check_metrics_are_those_of_scikit_learn(t):
    try:
        import numpy as np
        from sklearn import metrics
    except ImportError:
        t.skip("scikit-learn is not installed")
    draw = random.Random(3)
    lines = ["x,z,w,c"]
    for k in range(400):
        c = draw.choice("aaabbc")
        lines.append(f"{round(draw.gauss(ord(c) - 97, 1), 1)},{round(draw.gauss(0, 1), 1)},{draw.choice((0, 1, 2, 3.5))},{c}")
    t.write("a.csv", "\n".join(lines) + "\n")
    for weighted in (False, True):
        t.run("train a.csv --out run --quiet " + ("--sample-weight w" if weighted else "--ignore w"))
        found = t.json("evaluate run a.csv --json --quiet")
        table = list(csv.reader(io.StringIO(t.run("predict run a.csv --proba --quiet").stdout)))
        p = np.array([[float(x) for x in row[1:]] for row in table[1:]])
        truth = np.array([line.split(",")[3] for line in lines[1:]])
        weight = np.array([float(line.split(",")[2]) for line in lines[1:]]) if weighted else None
        said = np.array([row[0] for row in table[1:]])
        precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, said, sample_weight=weight, zero_division=0)
        for c, name in enumerate("abc"):
            one = found["by_class"][c]
            t.equal(one["class"], name, "the class")
            for key, expected in (("precision", precision[c]), ("recall", recall[c]), ("f1", f1[c]), ("weight", support[c]),
                                  ("auc", metrics.roc_auc_score(truth == name, p[:, c], sample_weight=weight))):
                t.close(one[key], float(expected), 1e-7, f"{key} of {name}")
        t.close(found["balanced_accuracy"], metrics.balanced_accuracy_score(truth, said, sample_weight=weight), 1e-12, "balanced accuracy")
        t.close(found["macro_f1"], metrics.f1_score(truth, said, average="macro", sample_weight=weight), 1e-12, "macro F1")
        t.close(found["cross_entropy"], metrics.log_loss(truth, p, sample_weight=weight), 1e-6, "cross-entropy")


def check_a_class_that_is_never_predicted_is_noted(t):
    t.write("a.csv", "x,c\n" + "".join(f"{k % 7},{'rare' if k % 50 == 0 else 'often'}\n" for k in range(200)))
    result = t.run("train a.csv --l2 1 --out run")
    note = "of the training rows no row is predicted as class 'rare' [P114]"
    t.check(f"note: {note}\n" in result.stderr, f"no note\n{result}")
    t.check(note in json.loads(t.read("run/run.json"))["notices"], "run.json has no such notice")
    evaluated = t.run("evaluate run a.csv --quiet").stdout
    t.check("no row is predicted as class 'rare'" in evaluated and "the most frequent class alone: 98.0000 %" in evaluated, evaluated)
    t.check(note not in t.run("train a.csv --l2 1 --out run --quiet").stderr, "--quiet says it, too")


def check_weights_of_classes_are_weights_of_rows(t):
    """As if the rows of a class were there as often."""
    lines = [f"{(k * k) % 11},{(3 * k) % 7},{'ab,c'[k % 4] if k % 4 != 2 else 'b'}" for k in range(80)]
    rows = [(line, {"a": 3, "b": 1, "c": 2}[line[-1]]) for line in lines if not line.endswith(",,")]
    t.write("a.csv", "x,z,c\n" + "\n".join(line for line, _ in rows) + "\n")
    t.write("repeated.csv", "x,z,c\n" + "\n".join(line for line, times in rows for _ in range(times)) + "\n")
    train = "--scale none --l2 1e-3 --json --quiet --out"
    weighted = t.json(f"train a.csv --class-weight c=2,a=3 {train} weighted")
    repeated = t.json(f"train repeated.csv {train} repeated")
    t.close(weighted["objective"], repeated["objective"], 1e-7, "the objective")
    t.equal(t.json("inspect weighted/model.onnx --json")["metadata"]["class_weights"], "c=2,a=3", "what the model remembers")
    certified = t.json("certify weighted a.csv --json --quiet")
    t.equal(certified["status"], "certified", "what certify says")
    t.close(certified["objective"], weighted["objective"], 1e-12, "the objective that certify finds")
    t.json("train a.csv --hidden 3 --epochs 2 --class-weight a=3 --json --quiet --out network")
    t.check("class-weighted" in t.run("thermo network a.csv --detail light").stdout, "thermo measures another loss")


def check_validation_may_be_a_file(t):
    t.write("a.csv", {"table": {"rows": 90}})
    t.write("b.csv", {"table": {"rows": 60}})
    for option in ("--l2-path 1e-1,1e-3", "--calibrate", "--hidden 4 --epochs 2"):
        answer = t.json(f"train a.csv --validation b.csv {option} --json --quiet --out run")
        t.equal((answer["rows"], answer["validation"]["rows"]), (90, 60), f"the rows with {option}")
        t.equal(json.loads(t.read("run/run.json"))["asked"]["validation"], "b.csv", "what was asked")
    answer = t.json("train a.csv --validation b.csv --l2 1e-2 --json --quiet --out run")
    t.close(t.json("evaluate run b.csv --json --quiet")["cross_entropy"], answer["validation"]["cross_entropy"], 1e-12, "the cross-entropy")


def check_weights_are_shown_by_size(t):
    draw = random.Random(2)
    t.write("a.csv", "small,large,word,c\n" + "".join(
        f"{draw.gauss(0, 0.01) + 0.02 * (k % 2):.5f},{draw.gauss(0, 100) + 20 * (k % 2):.1f},{draw.choice('uv')},{'ab'[k % 2]}\n" for k in range(300)))
    t.run("train a.csv --out run --quiet")
    shown = t.json("inspect run --weights --json")
    t.equal(shown["total"], 8, "the number of weights")  # small, large, word=u, word=v; two classes
    sizes = [abs(one["standardized"]) for one in shown["weights"]]
    t.equal(sizes, sorted(sizes, reverse=True), "the sizes in the order shown")
    t.equal(shown["weights"][0]["feature"], "small", "the largest")
    values = [float(line.split(",")[0]) for line in t.read("a.csv").decode().splitlines()[1:]]
    mean = sum(values) / len(values)
    deviation = math.sqrt(sum((x - mean) ** 2 for x in values) / len(values))
    for one in shown["weights"]:
        if one["feature"] == "small":
            t.close(one["standardized"] / one["weight"], deviation, 1e-6 * deviation, "the standard deviation")
    # Scores from what is shown are the model's.
    weights = {(one["feature"], one["class"]): one["weight"] for one in shown["weights"]}
    bias = {one["class"]: one["value"] for one in shown["bias"]}
    row = t.read("a.csv").decode().splitlines()[1].split(",")
    x = {"small": float(row[0]), "large": float(row[1]), "word=u": row[2] == "u", "word=v": row[2] == "v"}
    z = {c: bias[c] + sum(x[f] * weights[f, c] for f in x) for c in "ab"}
    p = [float(cell) for cell in t.run("predict run a.csv --proba --quiet").stdout.splitlines()[1].split(",")[1:]]
    t.close(p[0], 1 / (1 + math.exp(z["b"] - z["a"])), 1e-5, "the probability of the first row")
    text = t.run("inspect run --weights --top 2").stdout.splitlines()
    t.equal(len(text), 1 + 2 + 2 + 1 + 1, "the lines of the table")
    t.check(text[0].split()[:3] == ["feature", "class", "standardized"] and "and 6 smaller ones" in text[5], text)
    t.run("train digits --out images --quiet")
    first = t.json("inspect images --weights --top 1 --json")["weights"][0]
    t.close(first["standardized"], 16 * first["weight"], 1e-12, "the weight per pixel/16")
    t.run("train digits --hidden 4 --epochs 1 --out network --quiet")
    t.run("inspect network --weights", 3)
    t.run("inspect digits --weights", 2)


def check_predictions_are_written_as_the_name_says(t):
    t.run("train digits --out run --quiet")
    table = t.run("predict run digits:test --proba").stdout
    t.run("predict run digits:test --proba -o p.csv.gz")
    t.equal(gzip.decompress(t.read("p.csv.gz")).decode(), table, "the compressed table")
    t.run("predict run digits:test --proba -o p.npy")
    content = t.read("p.npy")
    length = struct.unpack("<H", content[8:10])[0]
    header = content[10:10 + length].decode()
    t.check("'<f8'" in header and "(450, 10, )" in header, f"the header of p.npy: {header}")
    values = struct.unpack("<4500d", content[10 + length:])
    for k, cell in enumerate(table.splitlines()[1].split(",")[1:]):
        t.close(values[k], float(cell), 1e-9, "a probability")
    t.equal(t.run("predict run digits:test -o -").stdout, t.run("predict run digits:test").stdout, "predictions to -")
    t.equal(t.run("predict run digits:test --header").stdout, "label\n" + t.run("predict run digits:test").stdout, "predictions with a header")
    t.equal([line.split(",")[0] for line in table.splitlines()], t.run("predict run digits:test --header").stdout.splitlines(), "labels")
    t.write("old.csv", "old\n")
    os.symlink("old.csv", t.path("link.csv"))
    t.run("predict run digits:test --proba -o link.csv")
    t.equal((os.path.islink(t.path("link.csv")), t.read("old.csv").decode()), (True, table), "what a link leads to")
    os.mkfifo(t.path("pipe"))
    process = t.start("predict run digits:test -o pipe")
    with open(t.path("pipe"), encoding="utf-8") as pipe:
        t.equal(pipe.read(), t.run("predict run digits:test").stdout, "predictions to a pipe")
    t.equal(t.finish(process).code, 0, "the exit code")


def check_predictions_never_overwrite_what_is_read(t):
    t.run("convert digits:test a.csv")
    t.run("train digits --out run --quiet")
    os.symlink("a.csv", t.path("link.csv"))
    before = t.files()
    for output in ("a.csv", "./a.csv", "link.csv", "run/model.onnx"):
        result = t.run(f"predict run a.csv -o {output}", 2)
        t.check("the input would be lost" in result.stderr, f"not said why\n{result}")
    t.run("predict run/model.onnx a.csv -o run/model.onnx", 2)
    t.equal(t.files(), before, "the files")


def check_errors_are_objects_in_every_verb(t):
    t.run("train digits --out run --quiet")
    for command, code, kind in (("train nothing.csv", 4, "io"), ("evaluate run nothing.csv", 4, "io"), ("predict nothing digits", 4, "io"),
                                ("certify run nothing.csv", 4, "io"), ("thermo run nothing.csv", 4, "io"), ("inspect nothing.csv", 4, "io"),
                                ("convert nothing.csv a.npy", 4, "io"), ("reproduce nothing", 2, "usage"), ("nothing", 2, "usage"),
                                ("train digits --l2 -1", 2, "usage"), ("train digits --nothing 3", 2, "usage"), ("train", 2, "usage"), ("", 2, "usage")):
        result = t.run(f"{command} --json", code)
        error = result.json()["error"]
        t.equal((error["kind"], error["exit_code"]), (kind, code), f"the kind of error of {command}")
        t.check(error["message"] in result.stderr and result.stderr.startswith("poise: "), f"stderr says something else\n{result}")
    t.write("bad.csv", "x,c\n1,a\n2\n3,b\n")
    error = t.run("train bad.csv --json", 3).json()["error"]
    t.equal(error["place"], {"file": "bad.csv", "line": 3, "column": None}, "the place")
    t.equal(t.run("train digits --class-weight x=2 --json", 2).json()["error"]["code"], "usage.unknown_class", "the code")


def check_lists_take_blanks(t):
    t.write("a.csv", "a,b,c,label\n" + "".join(f"{k % 5},{k % 3},{k % 7},{'xy'[k % 2]}\n" for k in range(60)))
    for words in (["--hidden", "4, 3"], ["--hidden", "4,", "3"], ["--hidden", "4", ",3"], ["--hidden=4,", "3"], ["--hidden", "4 , 3"]):
        t.run(["train", "a.csv", *words, "--epochs", "1", "--out", "run", "--quiet"])
        t.equal(json.loads(t.read("run/run.json"))["asked"]["hidden"], [4, 3], f"the widths of {words}")
    t.run(["train", "a.csv", "--l2-path", "1e-1,", "1e-2", "--out", "run", "--quiet"])
    t.equal(json.loads(t.read("run/run.json"))["asked"]["l2_path"], [0.1, 0.01], "the path")
    t.run(["train", "--ignore", "a,", "b", "a.csv", "--out", "run", "--quiet"])
    t.equal(json.loads(t.read("run/run.json"))["result"]["features"], 1, "the features")


def check_one_thing_is_not_several(t):
    t.write("a.csv", "x,c\n" + "".join(f"{k % 5},{'ab'[k % 2]}\n" for k in range(60)))
    text = t.run("train a.csv --l2 1e9 --out run").stdout
    t.check("60 rows, 1 feature, 2 classes" in text, text)
    t.check(" 1 iterations" not in text and "1 features" not in text, text)


def check_rows_in_another_order_are_the_same_rows(t):
    draw = random.Random(5)
    lines = [f"{draw.gauss(0, 1):.3f},{draw.choice('uv')},{'ab'[k % 2]}" for k in range(80)]
    t.write("a.csv", "x,k,c\n" + "\n".join(lines) + "\n")
    t.run("train a.csv --out run --quiet")
    draw.shuffle(lines)
    t.write("b.csv", "x,k,c\n" + "\n".join(lines) + "\n")
    result = t.run("certify run b.csv")
    t.check("these are the rows that the model was trained on, in another order" in result.stderr, f"not recognized\n{result}")
    t.check("status      certified" in result.stdout, f"not certified\n{result}")
    t.check("these rows were trained on" in t.run("evaluate run b.csv").stderr, "evaluate does not know them")
    lines[0] = "9" + lines[0]
    t.write("c.csv", "x,k,c\n" + "\n".join(lines) + "\n")
    t.check("not the rows the model was trained on" in t.run("certify run c.csv").stderr, "other rows are taken for them")


def check_rows_read_in_another_order_are_the_same_rows(t):
    # Which rows are held out goes by their order, so the rows trained on cannot be found again; but they are no others.
    draw = random.Random(6)
    lines = [f"{draw.gauss(0, 1):.3f},{'ab'[k % 2]}" for k in range(80)]
    t.write("a.csv", "x,c\n" + "\n".join(lines) + "\n")
    t.run("train a.csv --validation 0.25 --out run --quiet")
    t.check("20 of 80 rows are left out again" in t.run("certify run a.csv").stderr, "the rows trained on are not found")
    draw.shuffle(lines)
    t.write("b.csv", "x,c\n" + "\n".join(lines) + "\n")
    t.check("these are the rows that training read, in another order" in t.run("certify run b.csv").stderr, "not recognized")
    t.write("c.csv", "x,c\n" + "\n".join(lines[:-1] + ["9,a"]) + "\n")
    t.check("not the rows the model was trained on" in t.run("certify run c.csv").stderr, "other rows are taken for them")
