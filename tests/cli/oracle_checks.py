"""Implementations that are not ours: ONNX Runtime runs our models, scikit-learn solves our problems."""

import csv
import io
import json
import os
import random
import shutil
import subprocess

import inputs

ONNX = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "onnx")


# ONNX Runtime


def run_onnx(t, model, tensors):
    """Labels and rows of probabilities that ONNX Runtime computes."""
    if not shutil.which("node") or not os.path.isdir(os.path.join(ONNX, "node_modules", "onnxruntime-node")):
        t.skip("onnxruntime-node is not installed (scripts/install-deps.sh --test)")
    t.write("inputs.json", {"json": tensors})
    done = subprocess.run(["node", os.path.join(ONNX, "run_model.mjs"), t.path(model), t.path("inputs.json")],
                          capture_output=True, text=True, timeout=120)
    t.check(done.returncode == 0, f"ONNX Runtime: {done.stderr}")
    outputs = json.loads(done.stdout)
    rows, classes = outputs["probabilities"]["dims"]
    flat = outputs["probabilities"]["data"]
    return outputs["label"]["data"], [flat[i * classes:(i + 1) * classes] for i in range(rows)]


def compare_with_onnx(t, run, data, tensors):
    ours = t.json(f"predict {run} {data} --proba --json")
    labels, probabilities = run_onnx(t, f"{run}/model.onnx", tensors)
    t.equal(len(labels), ours["rows"], "the number of rows")
    for i, (p, q) in enumerate(zip(ours["probabilities"], probabilities)):
        for a, b in zip(p, q):
            t.close(b, a, 1e-5, f"a probability of row {i} in ONNX Runtime")
    t.equal(labels, ours["labels"], "the labels of ONNX Runtime")
    t.check(sum(max(p) < 0.999 for p in ours["probabilities"]) > len(labels) // 10, "certain everywhere: the test shows little")


def check_onnx_digits(t):
    t.run("train digits --out run --quiet")
    t.run("convert digits:test test.csv --quiet")
    rows = [line.split(",")[:-1] for line in t.read("test.csv").decode().splitlines()[1:]]
    tensor = {"dims": [len(rows), 64], "data": [float(x) for row in rows for x in row]}
    compare_with_onnx(t, "run", "digits:test", {"features": tensor})


def check_onnx_categories_and_missing_values(t):
    table = {"rows": 300, "numeric": 2, "categories": [["red", "green", "dark \"blue\""], ["S", "M", "L"]],
             "classes": ["no", "maybe", "yes"], "missing": 0.15, "delimiter": "\t", "seed": 7}
    text = inputs.table(**table).replace('dark "blue"', '"dark ""blue"""')
    t.write("a.tsv", text)
    t.run("train a.tsv --missing category --out run --quiet")
    # Rows of the same kind as in training, and cells that are missing in every spelling.
    extra = ['?\t1.5\tred\t?\tno', 'NA\t?\t?\tL\tyes', '0.25\t\t\tNA\tno', '-2\tnan\tNaN\tM\tmaybe']
    lines = text.splitlines() + extra
    t.write("b.tsv", "\n".join(lines) + "\n")
    cells = list(csv.reader(io.StringIO("\n".join(lines)), delimiter="\t"))
    names, rows = cells[0][:-1], cells[1:]
    missing = {"", "?", "NA", "nan", "NaN"}
    tensors = {}
    for j, name in enumerate(names):
        column = [row[j] for row in rows]
        numeric = name.startswith("x")
        data = [(None if c in missing else float(c)) if numeric else c for c in column]
        tensors[name] = {"dims": [len(rows), 1], "data": data}
    compare_with_onnx(t, "run", "b.tsv", tensors)


def check_onnx_numbers_far_from_zero(t):
    # Column x1 is about 2^20, where float32 holds eighths: the numbers are given in eighths.
    lines = inputs.table(200, numeric=2, classes=("a", "b"), seed=9).splitlines()
    rows = [line.split(",") for line in lines[1:]]
    rows = [[x, f"{2**20 + round(8 * float(y)) / 8}", c] for x, y, c in rows]
    t.write("a.csv", "\n".join([lines[0]] + [",".join(row) for row in rows]) + "\n")
    t.run("train a.csv --out run --quiet")
    tensor = {"dims": [len(rows), 2], "data": [float(x) for row in rows for x in row[:2]]}
    compare_with_onnx(t, "run", "a.csv", {"features": tensor})


def check_onnx_unix_seconds(t):
    """Within 200 s, which float32 rounds by up to 64 s: the input is float64, and train says so."""
    draw = random.Random(8)
    rows = [(1700000000 + draw.randrange(200), draw.gauss(0, 1)) for _ in range(300)]
    t.write("a.csv", "time,x,kind\n" + "".join(f"{s},{x:.3f},{'ab'[s + 30 * x > 1700000100]}\n" for s, x in rows))
    result = t.run("train a.csv --out run")
    t.check("note: model.onnx takes its input 'features' as float64, since float32 would round 'time' too much" in result.stderr, f"no note\n{result}")
    tensor = {"dims": [len(rows), 2], "data": [y for s, x in rows for y in (s, round(x, 3))]}
    compare_with_onnx(t, "run", "a.csv", {"features": tensor})
    t.check("float64" not in t.run("train digits --out digits").stderr, "of pixels")


# scikit-learn


def need_sklearn(t):
    try:
        import numpy
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        t.skip("this python3 has no scikit-learn (scripts/install-deps.sh --test)")
    return numpy, LogisticRegression


def objective_of(np, weights, bias, x, y, l2):
    """Mean cross-entropy + (l2/2)‖W‖², in float64."""
    scores = x @ weights.T + bias
    scores -= scores.max(axis=1, keepdims=True)
    loss = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y]
    return loss.mean() + l2 / 2 * (weights ** 2).sum()


def compare_with_sklearn(t, data, x, y, l2):
    np, LogisticRegression = need_sklearn(t)
    import warnings
    warnings.simplefilter("ignore")
    model = LogisticRegression(C=1 / (l2 * len(y)), tol=1e-9, max_iter=500, solver="newton-cg", multi_class="multinomial")
    model.fit(x, y)
    # For two classes scikit-learn keeps one row w, for the scores −w and w under the penalty of both.
    binary = model.coef_.shape[0] == 1
    weights = np.vstack([-model.coef_, model.coef_]) if binary else model.coef_
    bias = np.concatenate([-model.intercept_, model.intercept_]) if binary else model.intercept_
    theirs = objective_of(np, weights, bias, x, y, l2)
    answer = t.json(f"train {data} --scale none --l2 {l2} --tolerance 1e-10 --json --quiet --out run --require-certificate")
    t.close(answer["objective"], theirs, 1e-6 * theirs, "the objective, with scikit-learn's as expected,")
    # Poise solves for the features as stored, in float32: what that moves the optimum by is allowed for.
    stored = 1e-8 * theirs
    t.check(answer["objective"] <= theirs + stored, f"our objective {answer['objective']!r} is above scikit-learn's {theirs!r}")
    t.check(answer["objective"] - answer["gap"] <= theirs + stored, "scikit-learn is below our lower bound: the certificate is false")
    ours = np.array(t.json(f"predict run {data} --proba --json")["probabilities"])
    difference = abs(ours - model.predict_proba(x)).max()
    t.check(difference < 1e-4, f"probabilities differ by {difference:.2g}")


def table_arrays(np, text, classes):
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return np.array([[float(v) for v in row[:-1]] for row in rows]), np.array([classes.index(row[-1]) for row in rows])


def check_sklearn_digits(t):
    np, _ = need_sklearn(t)
    t.run("convert digits digits.csv --quiet")
    rows = np.loadtxt(t.path("digits.csv"), delimiter=",", skiprows=1)
    compare_with_sklearn(t, "digits", rows[:, :-1] / 16, rows[:, -1].astype(int), 1e-3)


def check_sklearn_three_classes(t):
    np, _ = need_sklearn(t)
    text = inputs.table(400, numeric=5, classes=("a", "b", "c"), seed=11, spread=2)
    t.write("a.csv", text)
    for l2 in (1e-1, 1e-3, 1e-5):
        compare_with_sklearn(t, "a.csv", *table_arrays(np, text, "abc"), l2)


def check_sklearn_two_classes(t):
    np, _ = need_sklearn(t)
    text = inputs.table(400, numeric=5, classes=("a", "b"), seed=12, spread=2)
    t.write("a.csv", text)
    compare_with_sklearn(t, "a.csv", *table_arrays(np, text, "ab"), 1e-3)


def check_two_classes_are_logistic_regression(t):
    """K = 2 with penalty l2 is logistic regression on w = w_1 - w_0 with l2/2 (docs/theory/softmax.md#the-problem): C = 2/(l2 n)."""
    np, LogisticRegression = need_sklearn(t)
    text = inputs.table(300, numeric=3, classes=("a", "b"), seed=13, spread=2)
    t.write("a.csv", text)
    x, y = table_arrays(np, text, "ab")
    l2 = 1e-2
    model = LogisticRegression(C=2 / (l2 * len(y)), tol=1e-9, max_iter=500, solver="newton-cg").fit(x, y)
    margins = (2 * y - 1) * (x @ model.coef_[0] + model.intercept_[0])
    theirs = np.logaddexp(0, -margins).mean() + l2 / 4 * (model.coef_ ** 2).sum()
    answer = t.json(f"train a.csv --scale none --l2 {l2} --tolerance 1e-11 --json --quiet --out run")
    t.close(answer["objective"], theirs, 1e-8, "the objective")
    ours = np.array(t.json("predict run a.csv --proba --json")["probabilities"])
    t.check(abs(ours - model.predict_proba(x)).max() < 1e-5, "probabilities differ")


def check_sklearn_weights(t):
    np, LogisticRegression = need_sklearn(t)
    text = inputs.table(300, numeric=3, classes=("a", "b", "c"), seed=14, spread=2, weight=True)
    t.write("a.csv", text)
    rows = [line.split(",") for line in text.splitlines()[1:]]
    x = np.array([[float(v) for v in row[:3]] for row in rows])
    s = np.array([float(row[3]) for row in rows])
    y = np.array(["abc".index(row[4]) for row in rows])
    l2 = 1e-2
    model = LogisticRegression(C=1 / (l2 * s.sum()), tol=1e-9, max_iter=500, solver="newton-cg", multi_class="multinomial")
    model.fit(x, y, sample_weight=s)
    scores = x @ model.coef_.T + model.intercept_
    loss = np.logaddexp.reduce(scores, axis=1) - scores[np.arange(len(y)), y]
    theirs = (s * loss).sum() / s.sum() + l2 / 2 * (model.coef_ ** 2).sum()
    answer = t.json(f"train a.csv --sample-weight weight --scale none --l2 {l2} --tolerance 1e-11 --json --quiet --out run")
    t.close(answer["objective"], theirs, 1e-8, "the objective")
