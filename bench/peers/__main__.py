"""scripts/bench.sh peers: Poise and the tools people use, interleaved: one fit to a known accuracy, and paths of
penalties. What is done is not done again: call it again, with the same --save or --records, to go on.
"""
import argparse
import os
import pathlib
import shutil
import sys
import time

from common import results
from common.arguments import add_places, choose, need_poise
from common.limits import measure_limits
from common.processes import libraries
from peers.catalog import MAKERS, get_problem
from peers.path import path_tools, poise_variant, run_path
from peers.reference import get_reference
from peers.report import whole
from peers.runs import run_peer, run_poise, with_penalized_bias
from peers.session import Records, Row, visit
from peers.variants import tools_for

THREADS = 2
BANDWIDTH_BYTES = 1 << 28
PATHS = {"digits-path": "digits", "mnist-path": "mnist", "embeddings-path": "embeddings"}
SETS = ("digits", "adult", "mnist", "dry-bean", "digits-path", "embeddings", "mnist-path", "fashion-mnist", "news20-halves",
        "embeddings-path", "news20")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh peers", description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS), help="comma-separated, in this order; default: %(default)s")
    parser.add_argument("--peers", default="", help="only tools whose name contains one of these comma-separated words")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--limit", type=float, default=20, help="seconds a fit of a peer may take (default %(default)s)")
    parser.add_argument("--path-limit", type=float, default=120, help="seconds a path may take (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no further row after so many minutes")
    parser.add_argument("--records", type=pathlib.Path,
                        help="file of all runs (default: beside the results, or build/bench/peers.jsonl)")
    parser.add_argument("--save", nargs="?", const=results.FOLDER, type=pathlib.Path, metavar="FOLDER",
                        help=f"write FOLDER/<today>/peers.md and peers.jsonl (default: {results.FOLDER})")
    parser.add_argument("--solve-again", action="store_true", help="solve for f* anew rather than take optima.json")
    parser.add_argument("--list", action="store_true", help="say what would be measured, and end")
    add_places(parser)
    arguments = parser.parse_args()
    arguments.sets = choose(parser, arguments.sets, (*MAKERS, *PATHS), "set")
    arguments.folder = arguments.save and arguments.save / time.strftime("%Y-%m-%d")
    arguments.records = arguments.records or (arguments.folder or arguments.work_dir) / "peers.jsonl"
    need_poise(parser, arguments.poise)
    return arguments


class Bench:
    """One call: what it measures, and the file it writes."""

    def __init__(self, arguments):
        self.arguments, self.records, self.folder = arguments, Records(arguments.records), arguments.work_dir / f"runs-{os.getpid()}"
        self.session = time.strftime("%Y-%m-%d %H:%M:%S")
        self.fits, self.paths, self.penalized, self.rows = {}, {}, set(), {}
        for name in dict.fromkeys(record["set"] for record in self.records.all if "set" in record):
            self.prepare(name)  # tables are of all records

    def problem(self, name):
        return get_problem(name, self.arguments.work_dir, self.arguments.data_dir)

    def prepare(self, name):
        """The rows of a set."""
        tools = self.path_rows(name) if name in PATHS else self.fit_rows(name)
        words = self.arguments.peers.split(",")
        self.rows[name] = [row for row in tools if any(word.lower() in row.tool.name.lower() for word in words)]

    def fit_rows(self, name):
        problem, options = self.problem(name), self.arguments
        reference = get_reference(problem, options.work_dir, options.solve_again)
        self.fits[name] = problem, reference
        for tool in tools_for(problem):
            own, optimum = problem, reference["optimum"]
            if tool.penalizes_bias:
                self.penalized.add(tool.name)
                own = with_penalized_bias(problem)
                optimum = get_reference(own, options.work_dir)["optimum"]

            def run(variants, budget, own=own, optimum=optimum):
                return run_peer(variants, own, optimum, budget, self.folder / "peer")

            def run_own(budget):
                return run_poise(options.poise, problem, reference["optimum"], THREADS, budget, self.folder / "poise")
            yield Row(self.records, name, tool, options.limit, run, run_own, self.session)

    def path_rows(self, name):
        problem = self.paths[name] = self.problem(PATHS[name])
        for tool in path_tools():
            def run(variants, budget):
                return run_path(variants, problem, budget, self.folder / "peer")

            def run_own(budget):
                record, = run_path([poise_variant(THREADS)], problem, budget, self.folder / "poise")
                return record
            yield Row(self.records, name, tool, self.arguments.path_limit, run, run_own, self.session)

    def write(self):
        """The file of results, or nothing until the end."""
        if self.arguments.folder:
            title = f"peers, {self.arguments.folder.name}"
            path = self.arguments.folder / "peers.md"
            path.with_suffix(".part").write_text(whole(title, self.records, self.fits, self.paths, self.penalized), encoding="utf-8")
            os.replace(path.with_suffix(".part"), path)

    def limits(self):
        """What the machine can do: memory in pieces too large for any cache, and the faster BLAS."""
        found = [measure_limits(BANDWIDTH_BYTES, self.folder, blas) for blas in libraries()]
        return {key: max(limits[key] for limits in found) for key in found[0]}

    def measure(self):
        """All rounds; ends early when the minutes are over."""
        end = time.monotonic() + 60 * self.arguments.minutes
        self.records.add(dict(kind="session", session=self.session, machine=results.machine(), commit=results.commit(),
                              command=results.command("scripts/bench.sh peers", sys.argv[1:]), limits=self.limits()))
        for repetition in range(self.arguments.repetitions):
            for name in self.arguments.sets:
                if time.monotonic() > end:
                    return
                if name not in self.rows:
                    self.prepare(name)
                for _ in visit(self.rows[name], repetition):
                    self.write()
                    if time.monotonic() > end:
                        return


def main():
    bench = Bench(parse_arguments())
    if bench.arguments.list:
        for name in bench.arguments.sets:
            bench.prepare(name)
            for row in bench.rows[name]:
                print(name, row.tool.name, *(variant.label for variant in row.tool.variants), sep=" | ")
        return
    try:
        bench.measure()
    finally:
        shutil.rmtree(bench.folder, ignore_errors=True)
    bench.write()
    print(whole("peers", bench.records, bench.fits, bench.paths, bench.penalized))
    own = [record for record in bench.records.all if record.get("poise") and "referee" in record]
    sys.exit(0 if all(record["referee"] == "PASS" for record in own) else 1)


main()
