"""The penalty where none is given, the one that cross-validation chooses, and the estimate that comes with small data."""

import json

import inputs
from path_checks import write_noise


def check_default_of_two_classes_is_logistic_regression(t):
    """scikit-learn's LogisticRegression as it comes, on the same features."""
    np, LogisticRegression = need_sklearn(t)
    text = inputs.table(300, numeric=3, classes=("a", "b"), seed=21, spread=2)
    t.write("a.csv", text)
    rows = [line.split(",") for line in text.splitlines()[1:]]
    x, y = np.array([[float(v) for v in row[:3]] for row in rows]), np.array([row[3] for row in rows])
    answer = t.json("train a.csv --scale none --tolerance 1e-11 --json --quiet --out run")
    t.close(answer["l2"], 2 / 300, 1e-15, "the penalty")
    ours = np.array(t.json("predict run a.csv --proba --json")["probabilities"])
    theirs = LogisticRegression(tol=1e-10, max_iter=1000).fit(x, y).predict_proba(x)
    t.check(abs(ours - theirs).max() < 1e-5, "probabilities differ")


def need_sklearn(t):
    import oracle_checks
    return oracle_checks.need_sklearn(t)


def check_default_is_said_and_certified_again(t):
    t.write("a.csv", inputs.table(100, numeric=3, classes=("a", "b", "c", "d", "e"), seed=22))
    result = t.run("train a.csv --out run")
    t.check("penalty 0.005 (the default) on standardized features" in result.stdout, f"it is not said\n{result}")
    summary = json.loads(t.read("run/run.json"))
    t.equal((summary["asked"]["l2"], summary["result"]["l2"], summary["result"]["l2_by_default"]), (None, 0.005, True), "the penalty in run.json")
    t.equal(t.json("certify run a.csv --json")["status"], "certified", "the certificate from the recorded penalty")
    result = t.run("train a.csv --l2 0.005 --out given")
    t.check("penalty 0.005 on standardized features" in result.stdout, f"a penalty that was given is called a default\n{result}")


def check_small_data_get_an_estimate(t):
    """Labels that no feature tells: the rows trained on flatter, the estimate does not, and a note says why."""
    write_noise(t)
    result = t.run("train noise.csv --l2 1e-3 --out run")
    t.check("note: 120 rows are few for 80 features" in result.stderr, f"no note\n{result}")
    answer = json.loads(t.read("run/run.json"))["result"]
    estimate = answer["cross_validation"]
    t.check(answer["train"]["accuracy"] > 0.9 and 0.3 < estimate["accuracy"] < 0.7, f"the accuracies {answer['train']} {estimate}")
    t.equal((estimate["folds"], estimate["rows"]), (5, 120), "the folds")
    t.check(f"cross-val.  accuracy {100 * estimate['accuracy']:.2f} %" in result.stdout, f"it is not printed\n{result}")
    for options in ("--validation 0.2", "--test noise.csv", "--l2 0"):
        t.equal(t.json(f"train noise.csv {options} --json --quiet --out other")["cross_validation"], None, f"the estimate with {options}")


def check_auto_chooses_by_rows_held_out(t):
    write_noise(t)
    result = t.run("train noise.csv --l2 auto --out run")
    summary = json.loads(t.read("run/run.json"))
    choice, answer = summary["result"]["l2_choice"], summary["result"]
    t.check(f"(the best of {len(choice['candidates'])} by cross-validation)" in result.stdout, f"stdout\n{result}")
    t.equal(summary["asked"]["l2"], "auto", "what was asked")
    best = min(choice["candidates"], key=lambda candidate: candidate["cross_entropy"])
    tried = [candidate["l2"] for candidate in choice["candidates"]]
    t.check(any(abs(l2 - 64 * 2 / 120) < 1e-12 for l2 in tried), f"64 times the default is not among {tried}")
    t.close(min(tried), 2 / 120 / 64, 1e-12, "the smallest penalty tried")
    t.equal((answer["l2"], answer["cross_validation"]["cross_entropy"]), (best["l2"], best["cross_entropy"]), "the penalty and its estimate")
    t.check(answer["l2"] > 2 / 120, f"of noise, not more than the default: {answer['l2']}")
    t.equal(t.json("certify run noise.csv --json")["status"], "certified", "the certificate")
    result = t.run("train noise.csv --l2 auto --hidden 4 --out network", exit=2)
    t.check("for the softmax layer alone" in result.stderr, f"no reason\n{result}")
    t.run("train noise.csv --l2 car --out wrong", exit=2)


def check_auto_looks_beyond_its_first_candidates(t):
    """Of noise more and more penalty is better, of classes far apart less and less: until that gains nothing."""
    write_noise(t)
    far = inputs.table(200, numeric=3, classes=("a", "b"), seed=5, spread=0.1)
    t.write("far.csv", far)
    for name, end in (("noise.csv", 0), ("far.csv", -1)):
        result = t.run(f"train {name} --l2 auto --out run")
        answer = json.loads(t.read("run/run.json"))["result"]
        losses = [candidate["cross_entropy"] for candidate in answer["l2_choice"]["candidates"]]
        best = losses.index(min(losses))
        if best == (0 if end == 0 else len(losses) - 1):
            next_to_it = losses[1 if end == 0 else -2]
            t.check(next_to_it - losses[best] <= max(1e-4 * losses[best], 1e-5) or answer["l2"] < 1.1e-9, f"{name}: it ends where more is gained: {losses}")
        estimate = answer["cross_validation"]
        useless = estimate["cross_entropy"] >= 0.999 * estimate["frequencies_entropy"]
        t.equal("the features tell next to nothing" in result.stderr, useless, f"{name}: the note\n{result}")


def check_leave_one_out_is_as_many_folds_as_rows(t):
    """In closed form and by solves: to second order."""
    t.write("a.csv", inputs.table(90, numeric=3, classes=("a", "b", "c"), seed=6, spread=2))
    of = "train a.csv --l2-candidates 0.3,0.03 --json --quiet"
    closed = t.json(f"{of} --l2 loo --out closed")["l2_choice"]
    solved = t.json(f"{of} --l2 auto --folds 90 --l2-rule one-standard-error --out solved")["l2_choice"]
    t.equal((closed["folds"], closed["leave_one_out"], solved["folds"], solved["leave_one_out"]), (90, True, 90, False), "the folds")
    for there, right in zip(closed["candidates"], solved["candidates"], strict=True):
        t.equal(there["l2"], right["l2"], "the candidate")
        t.close(there["cross_entropy"], right["cross_entropy"], 2e-3 * right["cross_entropy"], "held-out cross-entropy")
        t.close(there["standard_error"], right["standard_error"], 0.02 * right["standard_error"], "its error")
    result = t.run("train a.csv --l2 loo --out run")
    t.check("by leave-one-out)" in result.stdout, f"stdout\n{result}")
    t.equal(json.loads(t.read("run/run.json"))["asked"]["l2"], "loo", "what was asked")
    for refused in ("--l2 loo --validation 0.2", "--l2-candidates 1,2", "--l2 auto --l2-candidates 0", "--l2 auto --folds 1", "--l2 auto --l2-rule some"):
        t.run(f"train a.csv {refused} --out refused", exit=2)


def check_the_rule_of_one_standard_error(t):
    write_noise(t)
    result = t.run("train noise.csv --l2 auto --l2-rule one-standard-error --out run")
    answer = json.loads(t.read("run/run.json"))["result"]
    candidates = answer["l2_choice"]["candidates"]
    best = min(candidates, key=lambda candidate: candidate["cross_entropy"])
    within = [c["l2"] for c in candidates if c["cross_entropy"] <= best["cross_entropy"] + best["standard_error"]]
    t.equal(answer["l2"], max(within), "the penalty")
    t.check(not any(c["hopeless"] for c in candidates), "one is given up that the rule may want")


def check_auto_goes_by_the_rows_of_validation(t):
    answer = t.json("train digits --l2 auto --validation 0.2 --json --quiet --out run")
    losses = {point["l2"]: point["validation"]["cross_entropy"] for point in answer["path"]}
    t.equal(answer["l2"], min(losses, key=losses.get), "the penalty chosen")
    t.equal((answer["l2_choice"], answer["l2_by_default"]), (None, False), "another choice")
    asked = json.loads(t.read("run/run.json"))["asked"]
    t.equal((asked["l2"], asked["l2_path"]), ("auto", []), "what was asked")
    smaller, larger = [l2 for l2 in losses if l2 < answer["l2"]], [l2 for l2 in losses if l2 > answer["l2"]]
    t.check(smaller and larger, f"the best is at an end of the range: {sorted(losses)}")
    t.check(answer["l2"] / max(smaller) < 3.2 and min(larger) / answer["l2"] < 3.2, "the best is not found to half a decade")
    answer = t.json("train digits --l2 auto --calibrate --json --quiet --out calibrated")
    t.check(answer["l2_choice"]["folds"] == 5 and "path" not in answer, "rows held out to calibrate have chosen the penalty")


def check_network_worse_than_softmax_layer_says_so(t):
    """A rule that is linear, many labels wrong, and a network without a penalty that learns them by heart."""
    import random
    draw = random.Random(3)
    rows = []
    for _ in range(1000):
        x = [draw.gauss(0, 1) for _ in range(30)]
        label = "ab"[(sum(x) > 0) != (draw.random() < 0.1)]
        rows.append(",".join(f"{v:.4f}" for v in x) + "," + label)
    t.write("noisy.csv", "\n".join([",".join(f"x{j}" for j in range(30)) + ",label"] + rows) + "\n")
    result = t.run("train noisy.csv --hidden 64 --l2 0 --validation 0.5 --out run")
    t.check("note: without --hidden, the softmax layer alone is better on the held-out rows" in result.stderr, f"no note\n{result}")
    notices = json.loads(t.read("run/run.json"))["notices"]
    t.check(any("softmax layer alone is better" in notice for notice in notices), f"not in run.json: {notices}")


def check_network_that_is_not_shown_to_be_better_says_so(t):
    """Six held-out rows tell nothing; digits tell."""
    t.write("a.csv", inputs.table(60, numeric=2, classes=("a", "b"), seed=4, spread=2))
    result = t.run("train a.csv --hidden 8 --epochs 20 --out run")
    t.check("held-out rows do not show that the hidden layers help" in result.stderr or "softmax layer alone is better" in result.stderr,
            f"no note\n{result}")
    result = t.run("train digits --hidden 64 --validation 0.3 --out digits")
    t.check("softmax layer" not in result.stderr, f"a note\n{result}")


def check_rest_under_a_penalty(t):
    """At the optimum CE - H = -l2 |W|^2: thermo calls that rest, on the rows trained on."""
    t.write("a.csv", inputs.table(200, numeric=3, classes=("a", "b", "c"), seed=23, spread=2))
    t.run("train a.csv --l2 0.05 --out run --quiet")
    imbalance = float(t.json("inspect run --json")["metadata"]["imbalance_at_rest"])
    answer = t.json("thermo run a.csv --detail light --json")
    t.close(answer["equilibrium_gap"]["value"], imbalance, 1e-6, "the imbalance")
    t.check(imbalance < -0.02 * answer["mean_loss"]["value"], "a penalty that does not matter")
    t.check(answer["reading"][0].startswith("At rest: "), answer["reading"][0])
