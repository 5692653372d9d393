#!/usr/bin/env python3
"""Plants known faults, one at a time, and looks whether the tests see them: scripts/plant_faults.py [--only N,…]

Works on a copy of the last commit in build/faults, builds the test program named with each fault and runs it. A fault
that no test fails of is a hole in the suite. Prints a line for each; exit code 1 if one was not seen, or if its place
in the source is not there any more. Python's standard library only.
"""

import argparse
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREE = os.path.join(ROOT, "build/faults/tree")
FAULTS = (  # what is wrong, file, text there, text instead, test program
    ("the last row of a block is left out", "src/convex/pass.cc",
     "rows = std::min(block_rows_, n - begin);", "rows = std::max<Index>(1, std::min(block_rows_, n - begin) - 1);", "convex"),
    ("the gradient of the bias is forgotten", "src/convex/pass.cc",
     "out.row(d) = bias_sum.transpose();", "out.row(d).setZero();", "convex"),
    ("a penalty without its half", "src/convex/objective.cc",
     "value.penalty = 0.5 * add_penalty(w, gradient);", "value.penalty = add_penalty(w, gradient);", "convex"),
    ("a gap without its rounding", "src/convex/certificate/dual_bound.cc",
     "result.gap = std::max(0.0, result.objective - result.dual_value) + result.rounding;",
     "result.gap = std::max(0.0, result.objective - result.dual_value);", "convex"),
    ("the Hessian's second term with the wrong sign", "src/convex/kernels.cc",
     "const auto centered = hn::MulSub(total, apart, mean);", "const auto centered = hn::MulAdd(total, apart, mean);", "convex"),
    ("ties count whole in the AUC", "src/loss/ranking.cc", "+ 0.5 * (below_or_at", "+ 1.0 * (below_or_at", "loss"),
    ("dropout is forgotten on the way back", "src/learning/adjoint.cc",
     "if (dropped) multiply_by(at(mask_, l - 1, b), to, rectangle(b, l - 1));", "", "learning"),
    ("momentum is applied twice", "src/learning/step.cc",
     "heavy_ball_step(static_cast<float>(momentum_), ", "heavy_ball_step(static_cast<float>(momentum_ * momentum_), ", "learning"),
    ("splits do not depend on the seed", "src/data/split.cc",
     "shuffle(std::span<Index>(order), seed);", "shuffle(std::span<Index>(order), 0 * seed);", "data"),
    ("the noise of an ensemble is T, not its root", "src/theory/sampling.cc",
     "const double deviation = std::sqrt(temperature);", "const double deviation = temperature;", "theory"),
    ("the worst model of a path is kept", "src/run/penalty_path.cc",
     "const auto best = std::min_element(candidates.begin()", "const auto best = std::max_element(candidates.begin()", "run"),
    ("the weight of a row is not normalized", "src/convex/problem.cc", "return weight / sum;", "return weight;", "convex"),
)


def run(*command, **options):
    return subprocess.run(command, cwd=TREE, capture_output=True, text=True, **options)


def must_run(*command):
    done = run(*command)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def prepare():
    """A copy of the last commit, configured; what was built there before is used again."""
    if not os.path.isdir(TREE):
        os.makedirs(os.path.dirname(TREE), exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", "--shared", ROOT, TREE], check=True)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
    must_run("git", "checkout", "--quiet", "--force", commit)
    must_run("cmake", "--preset", "release")


def is_seen(fault):
    """Whether tests fail of it, and how."""
    _, file, before, after, program = fault
    path = os.path.join(TREE, file)
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if text.count(before) != 1:
        return False, f"{file} has the text {text.count(before)} times, not once"
    with open(path, "w", encoding="utf-8") as source:
        source.write(text.replace(before, after))
    try:
        built = run("cmake", "--build", "--preset", "release", "-j2", "--target", f"{program}_test")
        if built.returncode != 0:
            return False, f"does not compile:\n{built.stdout[-2000:]}"
        tested = run(f"build/release/bin/{program}_test", "--gtest_brief=1", "--gtest_fail_fast")
    finally:
        with open(path, "w", encoding="utf-8") as source:
            source.write(text)
    failed = [line for line in tested.stdout.splitlines() if line.startswith("[  FAILED  ]")]
    return tested.returncode != 0, failed[0][13:].split(" (")[0] if failed else f"exit code {tested.returncode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="numbers of faults, with commas between")
    arguments = parser.parse_args()
    chosen = [int(n) for n in arguments.only.split(",") if n] or range(1, len(FAULTS) + 1)
    prepare()
    missed = 0
    for number in chosen:
        seen, how = is_seen(FAULTS[number - 1])
        missed += not seen
        print(f"{number:2} {'seen' if seen else 'NOT SEEN'}: {FAULTS[number - 1][0]} ({how})", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
