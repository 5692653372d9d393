"""scripts/bench.sh penalty: what choosing the penalty costs and gains, by folds and by leave-one-out.

Of the Python package, on one thread; seconds are those of the processor, whoever else uses it.
"""
import argparse
import gzip
import re
import statistics
import sys
import time
import warnings

import numpy as np
from sklearn import datasets

import poise
from common.arguments import add_places, choose, parse
from common.spread import markdown_head, markdown_row

SETS = {  # file, column of the label, whether there is a header
    "dry-bean": ("dry-bean/Dry_Bean_Dataset.csv.gz", -1, True),
    "wine-quality-white": ("wine-quality-white/winequality-white.csv", -1, True),
    "yeast": ("yeast/yeast.data", -1, False),
    "satimage": ("satimage/sat.trn", -1, False),
    "letter-recognition": ("letter-recognition/letter-recognition.data", 0, False),
}
SMALL = ("iris", "wine", "breast_cancer", "digits", "yeast")
FOLDS = 5
CLOSE = 1e-6  # the folds' tolerance


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh penalty", description=__doc__)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--small", default=",".join(SMALL), help="sets for leave-one-out: %(default)s")
    parser.add_argument("--rows", type=int, default=200, help="of a set for leave-one-out, at most: %(default)s")
    parser.add_argument("--repetitions", type=int, default=3)
    add_places(parser)
    arguments = parse(parser)
    arguments.sets = choose(parser, arguments.sets, SETS, "set")
    arguments.small = choose(parser, arguments.small, SMALL, "set")
    return arguments


def lines_of(path):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        return [line for line in file if line.strip()]


def numbers_of(path, head, label):
    """Features and labels of a table of numbers."""
    rows = [re.split(r"[;,\s]+", line.strip()) for line in lines_of(path)[int(head):]]
    labels = np.array([row.pop(label) for row in rows])
    return np.array([[float(cell) for cell in row if is_number(cell)] for row in rows]), labels


def is_number(cell):
    return re.fullmatch(r"[-+0-9.eE]+", cell) is not None


def timed(estimator, X, y):
    """The estimator fitted, and the seconds of one processor that this took."""
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimator.fit(X, y)
    return estimator, time.process_time() - start


def loss(estimator, X, y):
    shares = estimator.predict_log_proba(X)
    return -shares[np.arange(len(y)), np.searchsorted(estimator.classes_, y)].mean()


def separate_seconds(found, X, y):
    """The same candidates in as many folds, each a fit of its own. The time of one processor."""
    fold, seconds = np.random.default_rng(3).permutation(len(y)) % FOLDS, 0.0
    for k in range(FOLDS):
        for l2 in found.l2s_:
            part = poise.SoftmaxClassifier(l2=l2 * FOLDS / (FOLDS - 1), tolerance=CLOSE, n_threads=1)
            seconds += timed(part, X[fold != k], y[fold != k])[1]
    return seconds


def measure_set(name, arguments):
    file, label, head = SETS[name]
    X, y = numbers_of(arguments.data_dir / "suite" / file, head, label)
    order = np.random.default_rng(1).permutation(len(y))
    inside, outside = order[:len(y) * 3 // 4], order[len(y) * 3 // 4:]
    X, y, test_X, test_y = X[inside], y[inside], X[outside], y[outside]
    ways = {"default": lambda: poise.SoftmaxClassifier(n_threads=1), "auto": lambda: poise.SoftmaxClassifierCV(n_threads=1),
            "loo": lambda: poise.SoftmaxClassifierCV(cv="loo", n_threads=1)}
    seconds, fits, separate = {way: [] for way in ways}, {}, []
    for _ in range(arguments.repetitions):
        for way, make in ways.items():
            fits[way], spent = timed(make(), X, y)
            seconds[way].append(spent)
        separate.append(separate_seconds(fits["auto"], X, y))
    middle = {way: statistics.median(spent) for way, spent in seconds.items()}
    losses = {way: loss(fit, test_X, test_y) for way, fit in fits.items()}
    auto, alone = fits["auto"], statistics.median(separate)
    hopeless = auto.cv_results_["hopeless"]
    cost = [name, f"{len(y)} × {X.shape[1]}, {len(auto.classes_)}", *(f"{middle[way]:.3f}" for way in ways),
            f"{middle['auto'] / middle['default']:.1f}", *(f"{losses[way]:.4f}" for way in ways),
            f"{auto.l2_ / fits['default'].l2_:.3g}"]
    share = [name, FOLDS * len(hopeless), f"{hopeless.sum()} of {len(hopeless)}", f"{alone:.3f}", f"{middle['auto']:.3f}",
             f"{middle['auto'] / alone:.2f}"]
    return markdown_row(cost), markdown_row(share)


def small_set(name, arguments):
    if name == "yeast":
        X, y = numbers_of(arguments.data_dir / "suite" / SETS[name][0], False, -1)
    else:
        X, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    order = np.random.default_rng(2).permutation(len(y))[:arguments.rows]
    return X[order], y[order]


def leave_one_out_rows(name, arguments):
    """Closed form beside as many folds as rows."""
    X, y = small_set(name, arguments)
    default = poise.SoftmaxClassifier().fit(X, y).l2_
    for factor in (16, 1, 1 / 16):
        asked = dict(l2s=[default * factor], rule="one-standard-error", n_threads=1)
        closed, seconds = timed(poise.SoftmaxClassifierCV(cv="loo", **asked), X, y)
        solved, seconds_solved = timed(poise.SoftmaxClassifierCV(cv=len(y), **asked), X, y)
        there, right = -closed.best_score_, -solved.best_score_
        yield markdown_row([name, f"{len(y)} × {X.shape[1]}, {len(closed.classes_)}", f"{factor:g}", f"{right:.5f}",
                            f"{there:.5f}", f"{100 * (there / right - 1):+.2f}", f"{loss(closed, X, y):.5f}",
                            f"{seconds:.3f}", f"{seconds_solved:.3f}"])


def main():
    arguments = parse_arguments()
    rows = []
    for name in arguments.sets:
        rows.append(measure_set(name, arguments))
        print(*rows[-1], sep="\n", file=sys.stderr)
    print(markdown_head(["set", "rows × features, classes", "default, s", "auto, s", "loo, s", "auto ÷ default",
                         "test CE: default", "auto", "loo", "λ of auto ÷ default"]))
    print("\n".join(cost for cost, _ in rows) + "\n")
    print(markdown_head(["set", "separate fits", "given up", "separate fits, s", "`SoftmaxClassifierCV` and the fit, s",
                         "ratio"]))
    print("\n".join(share for _, share in rows) + "\n")
    print(markdown_head(["set", "rows × features, classes", "λ ÷ default", "true leave-one-out CE", "closed form",
                         "error, %", "CE in training", "closed form, s", "solves, s"]))
    for name in arguments.small:
        for row in leave_one_out_rows(name, arguments):
            print(row, flush=True)


if __name__ == "__main__":
    main()
