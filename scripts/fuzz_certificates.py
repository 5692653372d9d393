#!/usr/bin/python3
"""Draws classification problems, runs the tool, and checks every claim of its answers against an independent referee.

    scripts/fuzz_certificates.py                       # as many problems as 60 s allow
    scripts/fuzz_certificates.py --problems 30000      # all of them, however long it takes
    scripts/fuzz_certificates.py --seed 1 --only 1234  # one of them again, told in full; its files are kept

Ends with exit code 1 if the tool said something false. What is called false is proven false with 60 digits.
Needs python3-numpy, python3-scipy and python3-mpmath (scripts/install-deps.sh --test); without them exit code 77.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # the problems are tiny
    os.environ[variable] = "1"
try:
    import mpmath  # noqa: F401
    import numpy as np
    import scipy.optimize  # noqa: F401
    from fuzz_certificates import judge, plan, report, self_test, session
    from fuzz_certificates import problem as problems
except ImportError as error:
    print(f"fuzz_certificates: {error} (scripts/install-deps.sh --test)", file=sys.stderr)
    sys.exit(77)

LONGEST_PROBLEM = 120  # seconds of our own work
ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--poise", type=pathlib.Path, default=ROOT / "build/release/bin/poise", help="the tool")
    parser.add_argument("--seed", type=int, default=1, help="of all problems (default 1)")
    parser.add_argument("--problems", type=int, help="how many; without --seconds there is no other limit")
    parser.add_argument("--seconds", type=float, help="how long (default 60, if --problems is not given)")
    parser.add_argument("--only", type=int, metavar="N", help="problem N alone, told in full")
    parser.add_argument("--kinds", help=f"only these, with commas between: {', '.join(plan.kinds.KINDS)}")
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--keep", type=pathlib.Path, default=ROOT / "build/fuzz-certificates", help="folder for the files of false answers")
    parser.add_argument("--one-hot", choices=["auto", "standard", "unit"], default="auto",
                        help="units of one-hot columns where numbers are standardized by default (auto: ask the tool)")
    parser.add_argument("--self-test", action="store_true", help="only check the referee on problems whose answers are known")
    options = parser.parse_args()
    if options.seconds is None and options.problems is None:
        options.seconds = 60.0
    options.kinds = set(options.kinds.split(",")) if options.kinds else None
    return options


def one_hot_is_standardized(program):
    """Asks the tool: a table with one category column under a penalty so large that F = ln 2 − (what it leaves)."""
    case = plan.Case("probe", plan.kinds.Drawn(np.zeros((8, 0)), np.array([0, 0, 0, 1, 0, 1, 1, 1]), 2,
                                              [["a"] * 2 + ["b"] * 2 + ["a"] * 2 + ["b"] * 2]), "csv", 0.05, None,
                     ["--tolerance", "1e-10"], "")
    with tempfile.TemporaryDirectory() as folder:
        one = session.Session(case, program, folder)
        answer = one.tool.train([*session.files.write(folder, case.drawn, "csv"), "--l2", "0.05"])
        features, marks = session.tool.one_hot_features(case.drawn, case.drawn.numbers, answer.run["schema"])
        distances = {}
        for standardized in (True, False):
            problems.ONE_HOT_IS_STANDARDIZED = standardized
            truth = session.referee.find_truth(plan.problem_of(case, features, marks, 0.05))
            distances[standardized] = abs(answer.content["objective"] - float(truth.above[0]))
    return min(distances, key=distances.get)


def solve(task):
    """One problem; the files are kept if something is wrong with the answers."""
    options, index = task
    case = plan.draw_case(options.seed, index)
    if options.kinds and case.kind not in options.kinds and options.only is None:
        return None
    folder = tempfile.mkdtemp(dir=options.folder)
    start = time.perf_counter()
    one = session.Session(case, options.poise, folder)
    signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST_PROBLEM)
    try:
        one.run()
    except Exception:  # of ours, or of an answer that is not as documented: to be looked at
        one.findings.append(judge.Finding("harness", traceback.format_exc(), proven=False))
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    outcome = session.Outcome(index, case.kind, one.findings, one.counts, one.statuses, one.tool.commands,
                              time.perf_counter() - start)
    outcome.truths = len(one.truths)
    outcome.unknown = sum(truth.exists is None or not truth.is_settled for _, truth in one.truths.values())
    if one.findings or options.only is not None:
        kept = options.keep / f"{options.seed}-{index}"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept)
        pathlib.Path(kept, "why.txt").write_text(report.told(outcome, options.seed))
    shutil.rmtree(folder, ignore_errors=True)
    return outcome


def give_up(*_):
    raise TimeoutError(f"the referee works for {LONGEST_PROBLEM} s")


def prepare(standardized):
    problems.ONE_HOT_IS_STANDARDIZED = standardized
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(10)


def main():
    options = arguments()
    self_test.run()
    if options.self_test:
        print("the referee agrees with all known answers")
        return 0
    if not options.poise.exists():
        print(f"fuzz_certificates: no tool at {options.poise}: build it, or give --poise", file=sys.stderr)
        return 2
    standardized = one_hot_is_standardized(options.poise) if options.one_hot == "auto" else options.one_hot == "standard"
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="poise-fuzz-", dir=memory, ignore_cleanup_errors=True) as options.folder:
        return run(options, standardized)


def run(options, standardized):
    if options.only is not None:
        problems.ONE_HOT_IS_STANDARDIZED = standardized
        outcome = solve((options, options.only))
        print(report.told(outcome, options.seed))
        return 1 if report.is_false(outcome) else 0
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    start, summary = time.perf_counter(), report.Summary(options.seed)
    count = options.problems if options.problems is not None else 10**9
    with multiprocessing.Pool(options.workers, prepare, (standardized,)) as pool:
        tasks = ((options, index) for index in range(count))
        try:
            for outcome in bounded(pool, tasks, options.workers):
                if outcome is not None:
                    summary.add(outcome)
                if summary.problems % 1000 == 0 and summary.problems:
                    print(f"{summary.problems} problems, {summary.false} with a false answer", file=sys.stderr)
                if options.seconds is not None and time.perf_counter() - start > options.seconds:
                    break
        except KeyboardInterrupt:  # the tally so far
            pass
        pool.terminate()
    print(summary.text(time.perf_counter() - start, "standardized" if standardized else "left 0/1"))
    return 1 if summary.false else 0


def bounded(pool, tasks, workers):
    """Outcomes as they come in order, never more than a few tasks ahead of them."""
    waiting = collections.deque()
    for task in tasks:
        waiting.append(pool.apply_async(solve, (task,)))
        if len(waiting) >= 32 * workers:
            yield waiting.popleft().get()
    while waiting:
        yield waiting.popleft().get()


if __name__ == "__main__":
    sys.exit(main())
