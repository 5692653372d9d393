"""scripts/bench.sh softmax: time to a known accuracy and peak memory, Poise and its peers interleaved in one run."""
import argparse
import json
import sys
import time

from common.arguments import add_places, choose, need_poise, parse
from common.limits import measure_limits
from softmax.catalog import MAKERS, get_problem
from softmax.reference import get_reference
from softmax.runs import run_peer, run_poise
from softmax.table import AT_1E6, closest_peer, fastest_peer, median_at, problem_table
from softmax.variants import variants

SLOW = 5.0  # peers this much slower than the fastest one are not repeated
THREADS = 2


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh softmax", description=__doc__)
    parser.add_argument("--problems", default=",".join(MAKERS), help="comma-separated; default: %(default)s")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--budget", type=float, default=60, help="seconds a peer may train (default %(default)s)")
    parser.add_argument("--peers", default="", help="only peers whose name contains one of these comma-separated words")
    parser.add_argument("--solve-again", action="store_true", help="solve for f* anew rather than take optima.json")
    parser.add_argument("--without-poise", action="store_true", help="measure the peers alone")
    add_places(parser)
    arguments = parse(parser)
    arguments.problems = choose(parser, arguments.problems, MAKERS, "problem")
    if not arguments.without_poise:
        need_poise(parser, arguments.poise)
    return arguments


def chosen_variants(problem, words):
    every = variants(problem)
    found = [variant for variant in every if any(word in variant.label for word in words.split(","))]
    if not found:
        raise SystemExit(f"no peer of {problem.name} is called '{words}'; there are {', '.join(v.label for v in every)}")
    return found


def still_running(peers, records):
    """The peers worth repeating: within SLOW of the fastest at 1e-6; when none got there, the one that came closest."""
    best = fastest_peer(records)
    if best is None:
        closest = closest_peer(records)
        return [peer for peer in peers if closest and peer.label == closest[0]]
    limit = SLOW * median_at(best[1])
    return [peer for peer in peers
            if median_at([record for record in records if record["tool"] == peer.label]) <= limit]


class Session:
    """One invocation: keeps the records and appends each to the raw results as soon as it is there."""

    def __init__(self, arguments):
        self.arguments, self.work_dir, self.folder = arguments, arguments.work_dir, arguments.work_dir / "runs"
        self.work_dir.mkdir(parents=True, exist_ok=True)
        self.raw = open(self.work_dir / "softmax.jsonl", "a", encoding="utf-8")
        self.started = time.strftime("%Y-%m-%dT%H:%M:%S")

    def keep(self, record, problem, repetition, pair):
        record |= dict(problem=problem.name, repetition=repetition, pair=pair, session=self.started)
        self.raw.write(json.dumps(record) + "\n")
        self.raw.flush()
        at = record["times"][AT_1E6]
        print(f"{problem.name} {repetition + 1}: {record['tool']}: 1e-6 after {'–' if at is None else f'{at:.3g} s'} "
              f"({record['remark']})", file=sys.stderr)
        return record

    def run_pair(self, peer, problem, optimum, repetition, pair):
        """Poise, then the peer: neighbours in time, so that their ratio does not see the machine's slow drifts."""
        found, options = [], self.arguments
        if not options.without_poise:
            found.append(run_poise(options.poise, problem, optimum, THREADS, options.budget, self.folder / "poise"))
        found.append(run_peer(peer, problem, optimum, options.budget, self.folder / "peer"))
        return [self.keep(record, problem, repetition, pair) for record in found]

    def measure(self, problem, optimum):
        peers, records, pair = chosen_variants(problem, self.arguments.peers), [], 0
        for repetition in range(self.arguments.repetitions):
            for peer in peers:
                records += self.run_pair(peer, problem, optimum, repetition, pair)
                pair += 1
            peers = still_running(peers, records)
        return records

    def report(self, name):
        problem = get_problem(name, self.work_dir, self.arguments.data_dir)
        reference = get_reference(problem, self.work_dir, self.arguments.solve_again)
        limits = measure_limits(problem.stored_bytes, self.folder / "limits")
        records = self.measure(problem, reference["optimum"])
        print(problem_table(problem, records, reference, limits, self.arguments.budget), flush=True)
        return all(record["referee"] == "PASS" for record in records if record["poise"])


def main():
    arguments = parse_arguments()
    session = Session(arguments)
    passed = [session.report(name) for name in arguments.problems]
    sys.exit(0 if all(passed) else 1)


main()
