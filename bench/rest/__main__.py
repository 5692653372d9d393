"""scripts/bench.sh rest: stopping at rest (cross-entropy equals output entropy and stands still) against validation
patience and against all epochs, over the suite: test accuracy and epochs used.
"""
import argparse
import statistics
import sys
import tempfile
import time

from common.arguments import add_places, choose, need_poise, parse
from common.spread import markdown_head, markdown_row, mean_and_deviation
from common.suite import SETS
from common.tool import poise
from knobs.cases import open_case
from knobs.runs import Pool

HELD_OUT = 0.2
# name: (share of the training rows held out, options)
RULES = {
    "all epochs": (HELD_OUT, ()),
    "patience 10": (HELD_OUT, ("--patience", 10)),
    "at rest": (HELD_OUT, ("--stop-at-rest",)),
    "patience 10, not cooled": (HELD_OUT, ("--patience", 10, "--no-cooling")),
    "at rest, not cooled": (HELD_OUT, ("--stop-at-rest", "--no-cooling")),
    "all epochs, no rows held out": (0, ()),
    "at rest, no rows held out": (0, ("--stop-at-rest",)),
}
STOPPED = {"stopped", "at_rest"}
TITLES = ("set", "rule", "test accuracy", "− all epochs", "epochs", "stopped early", "seconds")


def parse_arguments():
    names = [name for name, _, _ in SETS]
    parser = argparse.ArgumentParser(prog="scripts/bench.sh rest", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(names), help="comma-separated; default: %(default)s")
    parser.add_argument("--hidden", default="64")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each (default %(default)s)")
    add_places(parser)
    arguments = parse(parser)
    arguments.sets = choose(parser, arguments.sets, names, "set")
    need_poise(parser, arguments.poise)
    return arguments


def train(tool, case, hidden, seed, rule):
    """A run of Poise: its JSON, reduced."""
    held_out, options = RULES[rule]
    with tempfile.TemporaryDirectory(dir=case.folder) as folder:
        result = poise(tool, "train", case.path("train"), "--test", case.path("test"), "--hidden", hidden, "--validation",
                       held_out, "--seed", seed, "--threads", 1, "--out", f"{folder}/run", *options)
    return dict(test=result["test"]["accuracy"], cross_entropy=result["test"]["cross_entropy"], status=result["status"],
                epochs=result["epochs"], seconds=result["seconds"])


def run_rules(arguments, pool, case):
    """{rule: runs}, a run a seed."""
    found = {}
    for rule in RULES:
        calls = [dict(tool=arguments.poise, case=case, hidden=arguments.hidden, seed=seed, rule=rule)
                 for seed in range(1, arguments.seeds + 1)]
        found[rule] = pool.results(train, calls, set=case.name, session=arguments.started)
        print(f"{case.name}, {rule}: {[round(run['test'], 4) for run in found[rule]]}", file=sys.stderr)
    return found


def differences(found, rule):
    """Test accuracy less that of all epochs, by seed."""
    return [run["test"] - whole["test"] for run, whole in zip(found[rule], found["all epochs"])]


def rows(name, found):
    lines = []
    for rule, runs in found.items():
        change = statistics.mean(differences(found, rule))
        stopped = sum(run["status"] in STOPPED for run in runs)
        lines.append(markdown_row([
            name, rule, mean_and_deviation([run["test"] for run in runs]), "" if rule == "all epochs" else f"{100 * change:+.2f}",
            f"{statistics.mean(run['epochs'] or 0 for run in runs):.0f}", f"{stopped} of {len(runs)}",
            f"{statistics.mean(run['seconds'] for run in runs):.3g}"]))
    return "\n".join(lines)


def summary(experiments):
    """Over sets: mean and worst change of accuracy, and the share of epochs."""
    lines = []
    for rule in list(RULES)[1:]:
        changes = {name: statistics.mean(differences(found, rule)) for name, found in experiments.items()}
        share = [run["epochs"] / whole["epochs"] for found in experiments.values()
                 for run, whole in zip(found[rule], found["all epochs"])]
        early = [run["status"] in STOPPED for found in experiments.values() for run in found[rule]]
        worst = min(changes, key=changes.get)
        lines.append(f"- {rule}: {100 * statistics.mean(changes.values()):+.2f} points of test accuracy on average, worst "
                     f"{100 * changes[worst]:+.2f} ({worst}); {100 * statistics.mean(share):.0f} % of the epochs; stopped "
                     f"early in {sum(early)} of {len(early)} runs.")
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    arguments.started = time.strftime("%Y-%m-%dT%H:%M:%S")
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    experiments = {}
    with open(arguments.work_dir / "rest.jsonl", "a", encoding="utf-8") as raw:
        pool = Pool(arguments.jobs, raw)
        print(markdown_head(TITLES), flush=True)
        for name in arguments.sets:
            case = open_case(name, arguments.poise, arguments.data_dir / "suite", arguments.work_dir)
            experiments[name] = run_rules(arguments, pool, case)
            print(rows(name, experiments[name]), flush=True)
    print(f"\nHidden {arguments.hidden}, mean ± sd of {arguments.seeds} seeds, one thread a run.\n\n{summary(experiments)}")


main()
