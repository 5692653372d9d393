"""scripts/bench.sh knobs: Poise's default step against the best of a grid of SGD and Adam, and scikit-learn's defaults."""
import argparse
import time

from common.arguments import add_places, choose, need_poise, parse
from common.suite import SETS
from knobs.cases import SLOW, open_case
from knobs.experiment import experiment
from knobs.grid import FULL, SMALL
from knobs.runs import Pool
from knobs.table import head, row, summary


def parse_arguments():
    names = [name for name, _, _ in SETS]
    parser = argparse.ArgumentParser(prog="scripts/bench.sh knobs", description=__doc__)
    parser.add_argument("--sets", default=",".join(names), help="comma-separated; default: %(default)s")
    parser.add_argument("--seeds", type=int, default=3, help="runs of everything compared (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="one seed, the first hidden size, a grid of four")
    parser.add_argument("--epochs", type=int, default=0, help="for every run of Poise (default: its own choice)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time, one thread each (default %(default)s)")
    parser.add_argument("--without-poise", action="store_true", help="scikit-learn alone")
    parser.add_argument("--without-sklearn", action="store_true", help="Poise alone")
    add_places(parser, poise_help="needed even without Poise's runs: `poise convert` encodes the tables")
    arguments = parse(parser)
    arguments.sets = choose(parser, arguments.sets, names, "set")
    need_poise(parser, arguments.poise)
    arguments.seeds = 1 if arguments.quick else arguments.seeds
    arguments.started = time.strftime("%Y-%m-%dT%H:%M:%S")
    return arguments


def footnotes(arguments, cases):
    lines = [f"Test accuracy, mean ± sd of {arguments.seeds} seed(s); one thread a run, {arguments.jobs} runs at a time."]
    if not arguments.quick:
        lines += [f"{case.name}: hidden {case.hidden[0]} alone, and {len(SMALL)} grid points of {len(FULL)}, to save time."
                  for case in cases if case.name in SLOW]
    return "\n".join(lines)


def main():
    arguments = parse_arguments()
    arguments.work_dir.mkdir(parents=True, exist_ok=True)
    experiments, cases = [], []
    with open(arguments.work_dir / "knobs.jsonl", "a", encoding="utf-8") as raw:
        pool = Pool(arguments.jobs, raw)
        print(head(), flush=True)
        for name in arguments.sets:
            cases.append(open_case(name, arguments.poise, arguments.data_dir / "suite", arguments.work_dir))
            for hidden in cases[-1].hidden[:1] if arguments.quick else cases[-1].hidden:
                experiments.append(experiment(pool, arguments, cases[-1], hidden))
                print(row(experiments[-1]), flush=True)
    print(f"\n{footnotes(arguments, cases)}\n\n{summary(experiments)}")


main()
