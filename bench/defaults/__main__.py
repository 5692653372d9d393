"""scripts/bench.sh defaults: Poise's default penalty and units on public sets, beside scikit-learn's C = 1, on held-out rows."""
import argparse
import json
import pathlib
import shutil
import tempfile

from common.arguments import add_places, choose, need_poise, parse
from defaults import catalog, rules, splits, table
from defaults.contestants import AS_TABLES, AUTO, NETWORKS, SOFTMAX, Task, candidates


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh defaults", description=__doc__)
    parser.add_argument("--sets", help="comma-separated; default: all that are here")
    parser.add_argument("--splits", type=int, default=10, help="of a set at most (default %(default)s; large sets have 5 or 2)")
    parser.add_argument("--networks", action="store_true", help="networks of 64 units and MLPClassifier, too")
    parser.add_argument("--auto", action="store_true", help="--l2 auto, too")
    parser.add_argument("--tables", action="store_true", help="give Poise the tables instead of the features that the peers get")
    parser.add_argument("--penalties", action="store_true", help="instead: rules for the penalty, judged on a grid of penalties")
    parser.add_argument("--most-rows", type=int, default=100_000, help="leave larger sets out")
    add_places(parser)
    arguments = parse(parser)
    need_poise(parser, arguments.poise)
    r_folder = arguments.work_dir / "defaults" / "r"
    catalog.export_from_r(r_folder)
    known = catalog.names(r_folder)
    arguments.sets = choose(parser, arguments.sets, known, "set") if arguments.sets else known
    return arguments, r_folder


def runs_of(arguments, columns, labels, contestants):
    """Every contestant on every split; and the last task, for its shape."""
    found = []
    for seed in range(min(arguments.splits, splits.how_many(len(labels)))):
        folder = pathlib.Path(tempfile.mkdtemp(dir=arguments.work_dir / "defaults"))
        try:
            task = Task(arguments.poise, folder, columns, labels, *splits.split(labels, seed), seed)
            found.append(contestants(task))
        finally:
            shutil.rmtree(folder)
    return found, task


def contestants_of(arguments):
    named = SOFTMAX | (NETWORKS if arguments.networks else {}) | (AUTO if arguments.auto else {})
    return {who: AS_TABLES.get(who, run) if arguments.tables else run for who, run in named.items()}


def main():
    arguments, r_folder = parse_arguments()
    named = contestants_of(arguments)
    raw = open(arguments.work_dir / "defaults" / ("penalties.jsonl" if arguments.penalties else "runs.jsonl"), "a", encoding="utf-8")
    found = {}
    shown = list(NETWORKS) if arguments.networks else ["before", *(AUTO if arguments.auto else ()), "now", "scikit-learn"]
    if not arguments.penalties:
        print(table.head(shown))
    for name in arguments.sets:
        columns, labels = catalog.load(name, r_folder, arguments.data_dir / "suite")
        if len(labels) > arguments.most_rows:
            continue
        contestants = candidates if arguments.penalties else lambda task: {who: run(task) for who, run in named.items()}
        runs, task = runs_of(arguments, columns, labels, contestants)
        features = task.encoded.features.shape[1]
        raw.write(json.dumps(dict(set=name, rows=task.rows, runs=[{str(who): run for who, run in split.items()} for split in runs])) + "\n")
        raw.flush()
        found[name] = (task.rows, features, task.classes), runs
        if not arguments.penalties:
            shape = (task.rows, f"{task.encoded.numbers} + {features - task.encoded.numbers}", task.classes)
            print(table.row(name, shape, runs, shown), flush=True)
    finish(arguments, found)


def finish(arguments, found):
    if arguments.penalties:
        return rules.print_rules(found)
    runs = {name: of_set for name, (_, of_set) in found.items()}
    print()
    pairs = [("now", "scikit-learn"), ("before", "scikit-learn"), ("now", "before")]
    if arguments.auto:
        pairs += [("auto", "now"), ("auto", "scikit-learn")]
    if arguments.networks:
        pairs += [("network now", "network before"), ("network now", "now"), ("network before", "now"), ("network now", "MLPClassifier")]
    for pair in pairs:
        print(table.summary_line(runs, *pair))


if __name__ == "__main__":
    main()
