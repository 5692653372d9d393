"""Networks whose target is their input: poise train DATA --target features."""

import json


def pixels(t, source):
    """Writes the digits of `source` without their labels as a table; its lines as numbers."""
    t.run(f"convert {source} all.csv")
    lines = [line.rsplit(",", 1)[0] for line in t.read("all.csv").decode().splitlines()]
    t.write(source.replace(":", "-") + ".csv", "\n".join(lines) + "\n")
    return [[float(value) for value in line.split(",")] for line in lines[1:]]


def check_a_linear_network_is_as_good_as_principal_components(t):
    """scikit-learn's PCA of the same rows, standardized column by column."""
    import oracle_checks
    np, _ = oracle_checks.need_sklearn(t)
    from sklearn.decomposition import PCA
    x, other = np.array(pixels(t, "digits")), np.array(pixels(t, "digits:test"))
    unit = np.where(x.std(0) > 0, x.std(0), 1)
    x, other = (x - x.mean(0)) / unit, (other - x.mean(0)) / unit
    pca = PCA(8, svd_solver="full").fit(x)
    least = [np.mean((rows - pca.inverse_transform(pca.transform(rows))) ** 2) for rows in (x, other)]
    answer = t.json("train digits.csv --validation 0 --test digits-test.csv --target features --hidden 8 --activation identity --epochs 200 --batch 128 --json --quiet --out run")
    t.close(answer["principal_components"]["mean_squared_error"], least[0], 1e-6, "the error of the principal components")
    for part, error in zip(("train", "test"), least):
        t.check(answer[part]["mean_squared_error"] <= 1.005 * error, f"{part}: {answer[part]} against {error}")
    t.close(answer["train"]["explained_variance"], 1 - answer["train"]["mean_squared_error"] / x.var(0).mean(), 1e-4, "the variance explained")


def check_every_rule_learns_without_labels(t):
    for rule in ("adjoint", "equilibrium", "predictive-coding"):
        answer = t.json(f"train digits --target features --hidden 24 --activation tanh --rule {rule} --epochs 30 --json --quiet --out {rule}")
        t.check(answer["validation"]["explained_variance"] > 0.75, f"{rule}: {answer['validation']}")
        t.equal(answer["classes"], 0, "classes")


def check_what_was_asked_is_kept(t):
    """run.json, metrics.jsonl, and the default width."""
    pixels(t, "digits")
    result = t.run("train digits.csv --target features --activation identity --validation 0.2 --out run")
    summary = json.loads(t.read("run/run.json"))
    t.equal((summary["asked"]["target"], summary["asked"]["loss"], summary["asked"]["hidden"]), ("features", "squared-error", [32]), "what was asked")
    t.check("64 -> 32 identity -> 64 linear" in result.stdout and "variance explained" in result.stdout, f"stdout\n{result}")
    epochs = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines() if '"epoch"' in line and '"train"' in line]
    t.equal(sorted(epochs[0]["train"]), ["explained_variance", "loss"], "the keys of an epoch")


def check_features_within_the_unit_take_the_binary_cross_entropy(t):
    answer = t.json("train digits --target features --hidden 24 --loss binary-cross-entropy --epochs 30 --json --quiet --out run")
    t.check(answer["architecture"].endswith("64 logistic"), answer["architecture"])
    t.check(answer["test"]["explained_variance"] > 0.7, f"{answer['test']}")
    t.write("a.csv", "x,z\n0.5,1\n2,0\n0,1\n")
    result = t.run("train a.csv --target features --hidden 1 --loss binary-cross-entropy --out no", exit=3)
    t.check("x is 2 in row 2; expected features in [0, 1] for the binary cross-entropy" in result.stderr, f"stderr\n{result}")


def check_a_column_called_label_is_left_out(t):
    t.write("a.csv", "x,label,z\n" + "".join(f"{k % 7},{'ab'[k % 2]},{k % 5}\n" for k in range(60)))
    result = t.run("train a.csv --target features --hidden 1 --out run")
    t.check("'label'" in result.stderr and "left out" in result.stderr, f"stderr\n{result}")
    t.equal(json.loads(t.read("run/run.json"))["result"]["features"], 2, "features")
    t.equal(t.json("train a.csv --target features --label z --hidden 1 --json --quiet --out other")["features"], 3, "features without z")


def check_options_of_classes_are_refused(t):
    for options, words in (("--target features --solver newton", "--solver excludes --target features"),
                           ("--target features --calibrate", "--calibrate excludes --target features"),
                           ("--epochs 3", "--epochs requires --hidden, --layers or --target features"),
                           ("--target features --hidden 4 --loss cross-entropy", "squared-error or binary-cross-entropy"),
                           ("--hidden 4 --loss squared-error", "cross-entropy, binary-cross-entropy or squared"),
                           ("--target features --label-smoothing 0.1", "smoothed labels where the features are the target")):
        result = t.run(f"train digits {options} --out no", exit=2)
        t.check(words in result.stderr, f"{options}: stderr\n{result}")
    result = t.run(["train", "digits", "--layers", "", "--out", "no"], exit=2)
    t.check("--layers: no layer is named; expected some, as in conv:16x3" in result.stderr, f"stderr\n{result}")
    t.write("a.libsvm", "1 1:2 3:4\n2 2:1\n1 3:5\n")
    result = t.run("train a.libsvm --target features --hidden 1 --out no", exit=3)
    t.check("sparse rows where the features are the target" in result.stderr, f"stderr\n{result}")


def check_rows_that_are_all_the_same_have_no_variance_to_explain(t):
    t.write("a.csv", "x,z\n" + "1,2\n" * 20)
    result = t.run("train a.csv --target features --hidden 1 --validation 0 --out run")
    t.check("mean squared error 0" in result.stdout and "nan" not in result.stdout.lower(), f"stdout\n{result}")


def check_the_epoch_kept_is_the_best_however_bad(t):
    """Noise: the network is worse than the mean in every epoch, and best where its smoothed share of variance is largest."""
    import random
    draw = random.Random(5)
    for name, rows in (("a.csv", 30), ("b.csv", 40)):
        t.write(name, "".join(",".join(f"{draw.gauss(0, 1):.4f}" for _ in range(20)) + "\n" for _ in range(rows)))
    options = "--target features --hidden 12 --activation tanh --gain 2 --validation b.csv --step sgd --learning-rate 0.05 --no-header"
    answer = t.json(f"train a.csv {options} --epochs 120 --json --quiet --out run")
    events = [json.loads(line) for line in t.read("run/metrics.jsonl").decode().splitlines()]
    smoothed = [event["validation"]["smoothed"] for event in events if event["event"] == "epoch"]
    t.check(max(smoothed) < 0, f"the network is better than the mean: {max(smoothed)}")
    best = max(smoothed)
    t.equal(answer["best_epoch"], max(k for k, s in enumerate(smoothed, 1) if s >= best - 1e-4), "the epoch kept")
    patient = t.json(f"train a.csv {options} --epochs 120 --patience 5 --json --quiet --out patient")
    rising = next(k for k in range(1, len(smoothed)) if smoothed[k] < smoothed[k - 1])
    t.check(patient["epochs"] >= min(rising + 4, 120), f"stopped after {patient['epochs']} epochs; the figure rises up to epoch {rising}")


def check_features_are_written_to_the_last_digit(t):
    t.write("a.csv", "x,z\n" + "".join(f"{4000000000 + 7 * k},{k % 5}\n" for k in range(50)))
    t.run("train a.csv --target features --hidden 2 --activation identity --validation 0 --out run")
    t.run("predict run a.csv -o r.csv")
    first = [float(line.split(",")[0]) for line in t.read("r.csv").decode().splitlines()[1:]]
    answer = t.json("predict run a.csv --json")
    t.equal(first, [row[0] for row in answer["reconstruction"]], "the numbers in the file")
