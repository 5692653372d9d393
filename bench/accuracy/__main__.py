"""scripts/bench.sh accuracy: test accuracy of networks trained with default options alone, several seeds."""
import argparse
import json
import math
import statistics
import sys
import time

from common.arguments import add_places, need_poise, parse
from common.spread import markdown_head, markdown_row, mean_and_deviation, spread
from common.tool import ToolError, poise

# (data, hidden, precision, smallest mean accuracy wanted or None, most epochs allowed)
CASES = [
    ("mnist", "512,256", "float32", 0.983, 20),
    ("mnist", "512,256", "bf16", None, 20),
    ("mnist", "128", "float32", None, None),
    ("mnist", "128", "bf16", None, None),
    ("fashion-mnist", "512,256", "float32", 0.895, None),
    ("digits", "64", "float32", 0.97, None),
]
TITLES = ("data", "hidden", "precision", "test accuracy", "aim", "epochs", "seconds", "of these in passes over training rows",
          "status")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh accuracy", description=__doc__)
    parser.add_argument("--data", default="mnist,fashion-mnist,digits", help="comma-separated; default: %(default)s")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    add_places(parser)
    arguments = parse(parser)
    need_poise(parser, arguments.poise)
    return arguments


def train(arguments, case, seed, raw):
    """One training; every option not given is Poise's default. float32, its default, is not given either."""
    data, hidden, precision, _, _ = case
    folder = arguments.work_dir / "runs/accuracy" / f"{data}-{hidden.replace(',', '-')}-{precision}-{seed}"
    extra = [] if precision == "float32" else ["--precision", precision]
    result = poise(arguments.poise, "train", data, "--hidden", hidden, "--seed", seed, "--threads", arguments.threads,
                   "--out", folder, *extra, data_dir=arguments.data_dir)
    kept = dict(data=data, hidden=hidden, precision=precision, seed=seed, test=result["test"]["accuracy"],
                **{name: result[name] for name in ("epochs", "seconds", "train_seconds", "status")})
    raw.write(json.dumps(kept | dict(ended=time.time())) + "\n")
    raw.flush()
    print(f"{data} {hidden} {precision}, seed {seed}: {kept['test']:.4f} after {kept['seconds']:.3g} s", file=sys.stderr)
    return kept


def verdict(case, runs):
    """Whether mean accuracy and every run's epochs are as wanted."""
    _, _, _, aim, most = case
    if aim is None:
        return "–"
    met = statistics.mean(run["test"] for run in runs) >= aim and all(run["epochs"] <= (most or math.inf) for run in runs)
    return f"≥ {100 * aim:g} %" + (f" within {most} epochs" if most else "") + (": met" if met else ": missed")


def row(case, runs):
    def values(key):
        return [run[key] for run in runs]

    return markdown_row([*case[:3], mean_and_deviation(values("test")), verdict(case, runs), spread(values("epochs")),
                         spread(values("seconds")), spread(values("train_seconds")), ", ".join(sorted(set(values("status"))))])


def precision_line(data, hidden, found):
    """bf16 against float32: the difference beside two standard errors of it."""
    single, half = ([run["test"] for run in found.get((data, hidden, name), [])] for name in ("float32", "bf16"))
    if len(single) < 2 or len(half) < 2:
        return None
    change = statistics.mean(half) - statistics.mean(single)
    noise = 2 * math.sqrt(statistics.variance(single) / len(single) + statistics.variance(half) / len(half))
    word = "within" if abs(change) <= noise else "**beyond**"
    return f"- {data} {hidden}: bf16 − float32 {100 * change:+.3f} points, {word} seed noise (±{100 * noise:.3f})."


def main():
    arguments, found = parse_arguments(), {}
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    print(markdown_head(TITLES), flush=True)
    with open(arguments.work_dir / "accuracy.jsonl", "a", encoding="utf-8") as raw:
        for case in [case for case in CASES if case[0] in arguments.data.split(",")]:
            try:
                found[case[:3]] = [train(arguments, case, seed, raw) for seed in range(1, arguments.seeds + 1)]
                print(row(case, found[case[:3]]), flush=True)
            except ToolError as error:
                print(markdown_row([*case[:3], f"failed: {error}"]), flush=True)
    lines = [precision_line(data, hidden, found) for data, hidden, precision in found if precision == "bf16"]
    print(f"\nMean ± sd of {arguments.seeds} seeds, {arguments.threads} threads.\n\n" + "\n".join(filter(None, lines)))


main()
