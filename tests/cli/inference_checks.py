"""inspect RUN DATA --inference: standard errors of a table of two by two, and where they are refused."""

import math

CELLS = {("0", "no"): 20, ("0", "yes"): 11, ("1", "no"): 13, ("1", "yes"): 30}


def write_table(t, cells=CELLS, name="a.csv"):
    rows = [f"{x},{label}" for (x, label), count in cells.items() for _ in range(count)]
    t.write(name, "\n".join(["x,label"] + rows) + "\n")


def check_inference_of_a_table(t):
    """The variance of a logarithm of odds is the sum of the reciprocals of the cells."""
    write_table(t)
    t.run("train a.csv --l2 0 --out run --quiet")
    answer = t.json("inspect run a.csv --inference --json")
    weight, bias = answer["weights"]
    t.equal((weight["feature"], bias["feature"], weight["class"], answer["reference"], answer["rows"]), ("x", "(bias)", "yes", "no", 74), "names")
    t.close(weight["estimate"], math.log(30 / 13) - math.log(11 / 20), 1e-8, "the logarithm of the odds ratio")
    error = math.sqrt(1 / 20 + 1 / 11 + 1 / 13 + 1 / 30)
    t.close(weight["standard_error"], error, 1e-8, "its standard error")
    t.close(bias["standard_error"], math.sqrt(1 / 20 + 1 / 11), 1e-8, "that of the bias")
    t.close(weight["high"] - weight["estimate"], 1.959963984540054 * error, 1e-8, "the interval")
    result = t.run("inspect run a.csv --inference --level 0.9 --variance sandwich --reference yes")
    t.check("90 % from" in result.stdout and "against the class yes" in result.stdout and "sandwich" in result.stdout, f"the table\n{result}")


def check_inference_is_refused(t):
    write_table(t)
    t.run("train a.csv --l2 0 --out run --quiet")
    t.check("--inference without data" in t.run("inspect run --inference", exit=2).stderr, "without data")
    t.run("inspect run a.csv", exit=2)
    t.run("inspect a.csv a.csv --inference", exit=2)
    t.run("inspect run a.csv --inference --level 1", exit=2)
    t.run("inspect run a.csv --level 0.9", exit=2)
    t.run("inspect run a.csv --inference --reference maybe", exit=2)
    write_table(t, CELLS | {("1", "yes"): 31}, "b.csv")
    t.check("not the rows the model was trained on" in t.run("inspect run b.csv --inference", exit=3).stderr, "other rows")
    write_table(t, CELLS | {("1", "no"): 0}, "apart.csv")
    t.run("train apart.csv --l2 0 --out apart --quiet")
    result = t.run("inspect apart apart.csv --inference", exit=5)
    t.check("no optimum exists" in result.stderr and "x" in result.stderr, f"no reason\n{result}")
    rows = ["0,0,a", "1,2,a", "2,4,b", "0,0,b", "1,2,b", "2,4,a"] * 3
    t.write("twice.csv", "\n".join(["u,doubled,label"] + rows) + "\n")
    t.run("train twice.csv --l2 0 --out twice --quiet")
    result = t.run("inspect twice twice.csv --inference", exit=5)
    t.check("singular" in result.stderr and "doubled" in result.stderr, f"the feature is not named\n{result}")
    t.run("train twice.csv --l2 0.1 --out penalized --quiet")
    t.check("posterior" in t.run("inspect penalized twice.csv --inference").stdout, "what a penalty means")
    t.run("train digits --hidden 4 --epochs 1 --out network --quiet")
    t.run("inspect network digits --inference", exit=3)


def check_inference_leaves_out_what_was_held_out(t):
    write_table(t)
    t.run("train a.csv --l2 0 --validation 0.5 --out run --quiet")
    t.equal(t.json("inspect run a.csv --inference --json")["rows"], 37, "rows")


def check_training_has_the_intervals_of_its_largest_weights(t):
    """Half of those of the difference between two classes; where they are refused, the reason."""
    write_table(t)
    found = t.json("train a.csv --l2 0 --out run --json")["weight_intervals"]
    error = math.sqrt(1 / 20 + 1 / 11 + 1 / 13 + 1 / 30) / 2
    for one in found["weights"]:
        t.close(one["standard_error"], error, 1e-4, "a standard error")
        t.close(one["high"] - one["low"], 2 * 1.959963984540054 * error, 1e-3, "an interval")
    t.equal((len(found["weights"]), found["refused"], found["level"]), (2, None, 0.95), "two weights")
    for name in ("report.html", "report.md"):
        t.check("95 % interval" in t.read(f"run/{name}").decode(), f"no interval in {name}")
    write_table(t, CELLS | {("1", "no"): 0}, "apart.csv")
    found = t.json("train apart.csv --l2 0 --out apart --json")["weight_intervals"]
    t.check(found["weights"] == [] and "no optimum" in found["refused"], f"{found}")
    t.check("They have no intervals: there is no optimum" in t.read("apart/report.md").decode(), "no reason")
