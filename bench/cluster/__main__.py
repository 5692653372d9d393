"""scripts/bench.sh cluster: rows of a Dask cluster on this machine, beside one process and beside others who do it.

What a pass costs beyond its computing and what it sends, then two classes against dask-ml and Spark, where they are
installed: seconds until (f − f*)/f* is below 1e-4 and 1e-6. Each is given more and more iterations until it gets there; of
the fit that does the whole time counts, five times.
"""
import argparse
import functools
import importlib.util
import statistics
import time
import warnings

import dask.array as da
import numpy as np
import scipy.special
from distributed import Client, LocalCluster, wait

import poise.dask
from common.arguments import choose, parse
from common.spread import markdown_head, markdown_row, number, spread
from poise import SoftmaxClassifier

THRESHOLDS = (1e-4, 1e-6)
SHAPES = ((20_000, 20, 3), (60_000, 784, 10), (40_000, 512, 100))
L2 = 1e-4


def parse_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh cluster", description=__doc__)
    parser.add_argument("--rows", type=int, default=500_000, help="of the two classes: %(default)s")
    parser.add_argument("--features", type=int, default=50, help="of the two classes: %(default)s")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--parts", default="overhead,peers", help="which of the two: %(default)s")
    parser.add_argument("--limit", type=float, default=60, help="seconds a fit of a peer may take: %(default)s")
    arguments = parse(parser)
    arguments.parts = choose(parser, arguments.parts, ("overhead", "peers"), "part")
    return arguments


def make_rows(n, d, classes, seed=1):
    """Classes that overlap, in features of different sizes."""
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(classes, d)) * 0.4
    labels = rng.integers(classes, size=n)
    return ((means[labels] + rng.normal(size=(n, d))) * np.geomspace(0.1, 3, d)).astype(np.float32), labels


def on_workers(client, workers, *arrays):
    """Persisted, in two blocks a worker."""
    chunk = -(-len(arrays[0]) // (2 * workers))
    blocks = client.persist([da.from_array(array, chunks=(chunk, *array.shape[1:])) for array in arrays])
    wait(blocks)
    return blocks


class Watched(poise.dask._Team):
    """Counts what parts are asked and answer: sums, of (d + 1) K numbers, and all."""

    team = None

    def __init__(self, client, parts):
        super().__init__(client, parts)
        Watched.team, self.sizes = self, []

    def result(self, part):
        found = super().result(part)
        self.sizes.append(len(found))
        return found


def overhead(client, arguments):
    print("## What a pass costs beside its computing\n")
    print(markdown_head(["rows", "classes", "passes", "tasks a worker", "one process of as many threads: ms a pass",
                         "cluster: ms a pass", "the same by task", "an answer of sums, of 8 (d + 1) K bytes",
                         "all answers, MB a worker", "same bits"]))
    for n, d, classes in SHAPES:
        X, y = make_rows(n, d, classes)
        alone, here, there = SoftmaxClassifier(l2=L2, n_threads=arguments.workers), [], []
        clf = poise.dask.SoftmaxClassifier(client, l2=L2)
        blocks = on_workers(client, arguments.workers, X, y)
        for _ in range(arguments.repetitions):
            here.append(alone.fit(X, y).figures_["seconds"])
            there.append(clf.fit(*blocks).figures_["seconds"])
        sizes, full = Watched.team.sizes, 8 * (d + 1) * classes
        tasks = len(sizes) / arguments.workers
        sums = statistics.median(size for size in sizes if full <= size < 1.5 * full)
        extra = [(more - less) / tasks for less, more in zip(here, there, strict=True)]
        passes = clf.figures_["passes"]
        print(markdown_row([f"{n:,}×{d}", classes, f"{passes:g}", f"{tasks:g}",
                            spread([1e3 * seconds / passes for seconds in here]),
                            spread([1e3 * seconds / passes for seconds in there]),
                            "+" + spread([1e3 * seconds for seconds in extra]), number(sums / full, 4),
                            number(sum(sizes) / arguments.workers / 1e6),
                            "yes" if np.array_equal(clf.coef_, alone.coef_) else "**no**"]))
        del blocks
    print()


class Objective:
    """f(w, b) = mean log(1 + exp(−y (w·x + b))) + l2/2 ‖w‖², y = ±1."""

    def __init__(self, X, y, l2):
        self.X, self.sign, self.l2 = X.astype(np.float64), 2.0 * y - 1, l2

    def __call__(self, weights, bias):
        loss = np.logaddexp(0, -self.sign * (self.X @ weights + bias)).mean()
        return loss + 0.5 * self.l2 * weights @ weights

    def optimum(self):
        """By Newton's method."""
        A, theta = np.hstack([self.X, np.ones((len(self.X), 1))]), np.zeros(self.X.shape[1] + 1)
        penalty = np.append(np.full(self.X.shape[1], self.l2), 0.0)
        for _ in range(30):
            p = scipy.special.expit(A @ theta)
            gradient = A.T @ (p - (self.sign + 1) / 2) / len(A) + penalty * theta
            hessian = (A.T * (p * (1 - p))) @ A / len(A) + np.diag(penalty)
            step = np.linalg.solve(hessian, gradient)
            theta -= step
            if gradient @ step < 1e-18:
                return self(theta[:-1], theta[-1])
        raise ArithmeticError("Newton's method did not converge")


def fit_poise(client, blocks, l2, iterations):
    # scikit-learn's C: the two vectors of two classes are half of one each.
    clf = poise.dask.SoftmaxClassifier(client, C=1 / (l2 * len(blocks[0])), max_iter=iterations)
    clf.fit(*blocks)
    return clf.coef_[0], clf.intercept_[0]


def fit_dask_ml(solver):
    def fit(client, blocks, l2, iterations):
        from dask_ml.linear_model import LogisticRegression
        clf = LogisticRegression(solver=solver, C=1 / (l2 * len(blocks[0])), max_iter=iterations, tol=1e-14)
        clf.fit(*blocks)
        return np.ravel(clf.coef_), float(np.ravel(clf.intercept_)[0])
    return fit


def make_spark(X, y, workers):
    """Its fit, of rows that it has in memory."""
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import SparkSession
    spark = SparkSession.builder.master(f"local[{workers}]").config("spark.driver.memory", "8g").config(
        "spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    import pandas
    frame = pandas.DataFrame({"values": list(X.astype(np.float64)), "label": y.astype(np.float64)})
    rows = spark.createDataFrame(frame).select(array_to_vector("values").alias("features"), "label")
    rows = rows.repartition(workers).cache()
    rows.count()

    def fit(client, blocks, l2, iterations):
        model = LogisticRegression(regParam=l2, elasticNetParam=0.0, standardization=False, tol=1e-14,
                                   maxIter=iterations).fit(rows)
        return model.coefficients.toArray(), model.intercept
    return fit


def timed(fit, client, blocks, objective, optimum, iterations):
    """Seconds of a fit, and how near it comes."""
    start = time.perf_counter()
    weights, bias = fit(client, blocks, L2, iterations)
    seconds = time.perf_counter() - start
    return seconds, (objective(weights, bias) - optimum) / optimum


def find_limits(run, limit):
    """The fewest iterations tried that reach each threshold (or None), and how near the last fit came."""
    needed, final, iterations = [None] * len(THRESHOLDS), None, 1
    while needed[-1] is None:
        seconds, distance = run(iterations)
        needed = [iterations if known is None and distance <= threshold else known
                  for known, threshold in zip(needed, THRESHOLDS, strict=True)]
        if seconds > limit or distance == final:
            break
        final, iterations = distance, max(iterations + 1, int(1.5 * iterations))
    return needed, distance


def peers(client, arguments):
    X, y = make_rows(arguments.rows, arguments.features, 2)
    objective = Objective(X, y, L2)
    optimum = objective.optimum()
    fits = {"**Poise**": fit_poise}
    if importlib.util.find_spec("dask_ml"):
        fits |= {f"dask-ml {solver}": fit_dask_ml(solver) for solver in ("lbfgs", "newton")}
    if importlib.util.find_spec("pyspark"):
        fits["Spark"] = make_spark(X, y, arguments.workers)
    print(f"## Two classes: {arguments.rows:,}×{arguments.features}, λ = {L2:g}, {arguments.workers} workers\n")
    print(markdown_head(["tool", *(f"{threshold:.0e}".replace("e-0", "e-") for threshold in THRESHOLDS),
                         "(f − f*)/f* at the end"]))
    blocks = on_workers(client, arguments.workers, X, y)
    limits, seconds = {}, {}
    for name, fit in fits.items():
        run = functools.partial(timed, fit, client, blocks, objective, optimum)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                limits[name] = find_limits(run, arguments.limit)
                seconds[name] = [[] for _ in THRESHOLDS]
            except Exception as error:  # a peer that cannot is a row of the table
                print(markdown_row([name, "–", "–", f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"]))
    for _ in range(arguments.repetitions):
        for name in seconds:
            for times, iterations in zip(seconds[name], limits[name][0], strict=True):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    times.append(iterations and timed(fits[name], client, blocks, objective, optimum, iterations)[0])
    for name, times in seconds.items():
        print(markdown_row([name, *(spread(each) for each in times), number(limits[name][1], 2)]))


def main():
    arguments = parse_arguments()
    poise.dask._Team = Watched
    with LocalCluster(n_workers=arguments.workers, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            for part in arguments.parts:
                dict(overhead=overhead, peers=peers)[part](client, arguments)


if __name__ == "__main__":
    main()
