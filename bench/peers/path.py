"""A path of 12 penalties in 5 folds and the fit with the best of them: the problem, and one run of a tool on it.

The penalties are λ · 10^(k/4), k = 10 … −1, λ that of the single fit; a fold is the problem without its rows and with
the same C. Judged are the held-out cross-entropies (mean over rows) of all penalties, and the objective of the last fit.
"""
import dataclasses

import numpy as np

from peers.children import run_jobs
from peers.variants import Tool, Variant, is_installed

FOLDS, POINTS = 5, 12


def penalties(problem):
    return (problem.l2 * 10.0 ** (np.arange(POINTS - 2, -2, -1) / 4)).tolist()


def fold_of_row(rows):
    return np.random.default_rng(1).permutation(rows) % FOLDS


def poise_variant(threads=2):
    return Variant("**Poise** SoftmaxClassifierCV", ("poise",), "path_poise", "", "float32", threads, {})


def path_tools():
    """LogisticRegressionCV in one process and in two, and a loop over PyTorch's L-BFGS from each solution to the next."""
    sklearn, torch = ("scikit-learn", "numpy", "scipy"), ("torch",)
    many = tuple(Variant("LogisticRegressionCV", sklearn, "path_sklearn", f"{solver}, n_jobs={jobs}", dtype, 2 // jobs,
                         dict(solver=solver, jobs=jobs))
                 for solver, dtype, jobs in (("lbfgs", "float32", 2), ("lbfgs", "float32", 1), ("newton-cg", "float64", 2)))
    loops = tuple(Variant("PyTorch loop", torch, "path_torch", "L-BFGS", dtype, 2, {}) for dtype in ("float32", "float64"))
    found = (Tool("LogisticRegressionCV", many), Tool("PyTorch loop", loops))
    return [tool for tool in found if is_installed(tool.variants[0].packages[0])]


def run_path(variants, problem, budget, folder):
    """Records: `seconds` (None beyond the time limit), `fits` done of 61, `scores` by penalty, `l2`, `objective`."""
    specs = [dict(problem=str(problem.folder), module=variant.module, dtype=variant.dtype, threads=variant.threads,
                  options=variant.options, packages=list(variant.packages), budget=budget, penalties=penalties(problem))
             for variant in variants]
    found = run_jobs("peers.tools.path", specs, folder, variants[0].threads)
    for (place, about), variant in zip(found, variants):
        progress = place / "progress"
        record = dict(label=variant.label, budget=budget, seconds=None, scores=None, l2=None, objective=None) | about
        record["fits"] = len(progress.read_bytes()) if progress.exists() else 0
        if record["seconds"] is not None and record["seconds"] > budget:
            record |= dict(seconds=None, remark="time limit")
        yield record


def objective_at(problem, l2, theta):
    """f of the fit on all rows with the penalty that was chosen."""
    return dataclasses.replace(problem, l2=l2).objective_of(theta)
