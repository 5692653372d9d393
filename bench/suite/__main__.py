"""All nine sets of the development suite with no option but the label column: status, and accuracy on held-out rows beside
scikit-learn's LogisticRegressionCV on the same rows and features. Prints one Markdown table.

  scripts/bench.sh suite [--data ../shared/data/suite] [--poise build/release/bin/poise]
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np
from sklearn.datasets import load_svmlight_file
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

SETS = [
    ("letter-recognition", "letter-recognition.data", "0"),
    ("satimage", "sat.trn", "-1"),
    ("adult", "adult.data.gz", "-1"),
    ("mushrooms", "agaricus-lepiota.data", "0"),
    ("yeast", "yeast.data", "-1"),
    ("wine-quality-white", "winequality-white.csv", "quality"),
    ("news20", "news20.libsvm.gz", None),
    ("leaves-shape", "data_Sha_64.txt.gz", "0"),
    ("dry-bean", "Dry_Bean_Dataset.csv.gz", "Class"),
]
SEED = 1


def poise(tool, *arguments):
    """Runs the tool with --json and returns what it printed."""
    done = subprocess.run([tool, *map(str, arguments), "--json", "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"poise {' '.join(map(str, arguments))} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def halves(rows, rng):
    """Three quarters to train, one to test, at random."""
    order = rng.permutation(rows)
    cut = rows * 3 // 4
    return np.sort(order[:cut]), np.sort(order[cut:])


def dense_case(tool, path, label, work):
    """The encoded features as arrays, split; accuracies of both on the same rows."""
    poise(tool, "convert", path, work / "all.npy", "--label", label)
    x, y = np.load(work / "all.npy"), np.load(work / "all-labels.npy")
    train, test = halves(len(y), np.random.default_rng(SEED))
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
    train, test = halves(len(y), np.random.default_rng(SEED))
    rows = subprocess.run(["gzip", "-dc", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    for name, part in (("train", train), ("test", test)):
        (work / f"{name}.libsvm").write_text("\n".join(rows[i] for i in part) + "\n")
    ours = poise(tool, "train", work / "train.libsvm", "--test", work / "test.libsvm", "--out", work / "run")
    started = time.perf_counter()
    theirs = LogisticRegressionCV(Cs=[0.01, 0.1, 1], cv=3, max_iter=100).fit(x[train], y[train])
    return ours, theirs.score(x[test], y[test]), time.perf_counter() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="../shared/data/suite", type=pathlib.Path)
    parser.add_argument("--poise", default="build/release/bin/poise")
    parser.add_argument("--sets", default=",".join(name for name, _, _ in SETS))
    options = parser.parse_args()
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
