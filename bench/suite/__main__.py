"""All nine sets of the development suite with no option but the label column: status, and accuracy on held-out rows beside
scikit-learn's LogisticRegressionCV on the same rows and features. Prints one Markdown table.

  scripts/bench.sh suite [--data ../shared/data/suite] [--poise build/release/bin/poise]
"""
import argparse
import pathlib
import subprocess
import tempfile
import time
import warnings

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

from common.arguments import parse
from common.suite import SETS, split
from common.tool import poise

SEED = 1


def dense_case(tool, path, label, work):
    """The encoded features as arrays, split; accuracies of both on the same rows."""
    poise(tool, "convert", path, work / "all.npy", "--label", label)
    x, y = np.load(work / "all.npy"), np.load(work / "all-labels.npy")
    train, test = split(len(y), np.random.default_rng(SEED))
    for name, part in (("train", train), ("test", test)):
        np.save(work / f"{name}.npy", x[part].astype(np.float32))
        np.save(work / f"{name}-labels.npy", y[part])
    ours = poise(tool, "train", work / "train.npy", "--test", work / "test.npy", "--out", work / "run")
    scaler = StandardScaler().fit(x[train])
    started = time.perf_counter()
    theirs = LogisticRegressionCV(Cs=8, cv=3, max_iter=300).fit(scaler.transform(x[train]), y[train])
    return ours, theirs.score(scaler.transform(x[test]), y[test]), time.perf_counter() - started


def sparse_case(tool, path, work):
    """The same for LIBSVM data; a coarser grid, as a fit takes minutes."""
    x, y = load_svmlight_file(str(path))
    train, test = split(len(y), np.random.default_rng(SEED))
    rows = subprocess.run(["gzip", "-dc", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    for name, part in (("train", train), ("test", test)):
        (work / f"{name}.libsvm").write_text("\n".join(rows[i] for i in part) + "\n")
    ours = poise(tool, "train", work / "train.libsvm", "--test", work / "test.libsvm", "--out", work / "run")
    started = time.perf_counter()
    theirs = LogisticRegressionCV(Cs=[0.01, 0.1, 1], cv=3, max_iter=100).fit(x[train], y[train])
    return ours, theirs.score(x[test], y[test]), time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh suite", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data/suite", type=pathlib.Path)
    parser.add_argument("--poise", default="build/release/bin/poise")
    parser.add_argument("--sets", default=",".join(name for name, _, _ in SETS))
    options = parse(parser)
    warnings.filterwarnings("ignore")  # the peer's warnings about convergence
    print("| set | status on the whole file | proven gap | seconds | test accuracy | scikit-learn, tuned by 3-fold CV | its seconds |")
    print("|---|---|---|---|---|---|---|")
    for name, file, label in SETS:
        if name not in options.sets.split(","):
            continue
        path = options.data / name / file
        with tempfile.TemporaryDirectory() as folder:
            work = pathlib.Path(folder)
            whole = poise(options.poise, "train", path, *([] if label is None else ["--label", label]), "--out", work / "whole")
            case = sparse_case(options.poise, path, work) if label is None else dense_case(options.poise, path, label, work)
        ours, theirs, seconds = case
        gap = "–" if whole["gap"] is None else f"{whole['gap']:.1e}"
        print(f"| {name} | {whole['status']} | {gap} | {whole['seconds']:.2f} | {100 * ours['test']['accuracy']:.2f} % "
              f"| {100 * theirs:.2f} % | {seconds:.1f} |", flush=True)


if __name__ == "__main__":
    main()
