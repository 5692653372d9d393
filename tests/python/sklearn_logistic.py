"""scikit-learn's own tests of LogisticRegression, with poise.SoftmaxClassifier in its place.

    python tests/python/sklearn_logistic.py [--table]

Runs sklearn/linear_model/tests/test_logistic.py of the scikit-learn installed (1.9), in which an adapter of the same
parameters stands for LogisticRegression. What asks for something that Poise does not have is skipped with the reason:
by the adapter, where a parameter asks for it, or by NOT_APPLICABLE below, where a test is about the insides of
scikit-learn. All else has to pass. `--table` prints the lists of docs/sklearn_tests.md.
"""

from __future__ import annotations

import collections
import fnmatch
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import pytest
import sklearn.linear_model
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

import poise

LIMITS = "asks for an error where Poise has a result"
PATH = "about scikit-learn's private path of solutions"
SOLVERS = "about the names, messages and limits of scikit-learn's solvers"
MESSAGES = "about scikit-learn's messages and deprecations"
NOT_APPLICABLE = {
    "test_check_solver_option": SOLVERS,
    "test_elasticnet_l1_ratio_err_helpful": SOLVERS,
    "test_write_parameters": "writes into coef_: what predicts is the model, which is immutable",
    "test_sparsify": "coef_ as a sparse matrix (SparseCoefMixin)",
    "test_consistency_path": PATH,
    "test_logistic_regression_path_convergence_fail": PATH,
    "test_logistic_regression_path_coefs_multinomial": PATH,
    "test_logistic_regression_path_init_coefs": PATH,
    "test_liblinear_multiclass_raises": SOLVERS,
    "test_liblinear_dual_random_state": SOLVERS,
    "test_sample_and_class_weight_equivalence_liblinear": SOLVERS,
    "test_logisticregression_liblinear_sample_weight": SOLVERS,
    "test_newton_cholesky_fallback_to_lbfgs": SOLVERS,
    "test_max_iter": "iterations of scikit-learn's solvers",
    "test_zero_max_iter": "iterations of scikit-learn's solvers",
    "test_warm_start_newton_solver": "iterations of scikit-learn's solvers",
    "test_penalty_deprecated": MESSAGES,
    "test_penalty_none": MESSAGES,
    "test_large_sparse_matrix[*liblinear]": LIMITS,
    "test_large_sparse_matrix[*sag*]": LIMITS,
    "test_liblinear_with_large_values": LIMITS,
    "test_logistic_cv_multinomial_score[neg_log_loss*]": "the reference stops at scikit-learn's tolerance, 3e-4 away",
    "test_logreg_predict_proba_multinomial": "compares with the private one-versus-rest probabilities",
    "test_l1_ratio_None_deprecated": MESSAGES,
    "test_l1_ratio_non_elasticnet": MESSAGES,
    "test_lr_penalty_l1ratio_incompatible": MESSAGES,
    "test_logisticregression_warns_with_n_jobs": MESSAGES,
    "test_logistic_regression_array_api_compliance": "arrays of other libraries than numpy in the attributes",
    "test_logistic_regression_array_api_warm_start": "arrays of other libraries than numpy in the attributes",
    "test_logistic_regression_callback_support": "callbacks of scikit-learn 1.9: poise.train has on_event",
    "test_logistic_regression_callback_fitted_estimator": "callbacks of scikit-learn 1.9: poise.train has on_event",
    "test_logistic_regression_callback_support_warning": "callbacks of scikit-learn 1.9: poise.train has on_event",
}


class LogisticRegression(ClassifierMixin, BaseEstimator):
    """The parameters of scikit-learn's, the optimum of Poise's."""

    def __init__(
        self,
        penalty="deprecated",
        *,
        C=1.0,
        l1_ratio=0.0,
        dual=False,
        tol=1e-4,
        fit_intercept=True,
        intercept_scaling=1,
        class_weight=None,
        random_state=None,
        solver="lbfgs",
        max_iter=100,
        verbose=0,
        warm_start=False,
        n_jobs=None,
    ):
        self.penalty = penalty
        self.C = C
        self.l1_ratio = l1_ratio
        self.dual = dual
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.intercept_scaling = intercept_scaling
        self.class_weight = class_weight
        self.random_state = random_state
        self.solver = solver
        self.max_iter = max_iter
        self.verbose = verbose
        self.warm_start = warm_start
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None):
        if not self.fit_intercept:
            pytest.skip("models without an intercept")
        if self.penalty in ("l1", "elasticnet") or self.l1_ratio:
            pytest.skip("L1 and elastic-net penalties")
        C = np.inf if self.penalty is None else self.C
        if not hasattr(self, "solved_") or not self.warm_start:
            self.solved_ = poise.SoftmaxClassifier(warm_start=self.warm_start)
        self.solved_.set_params(C=C, tolerance=1e-13, class_weight=self.class_weight, max_iter=self.max_iter)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.solved_.fit(X, y, sample_weight=sample_weight)
        self.classes_, self.n_features_in_ = self.solved_.classes_, self.solved_.n_features_in_
        self.coef_, self.intercept_ = self.solved_.coef_, self.solved_.intercept_
        if len(self.classes_) > 2:  # the same vector in the scores of all classes is in no probability
            self.coef_ = self.coef_ - self.coef_.mean(axis=0)
            self.intercept_ = self.intercept_ - self.intercept_.mean()
        if getattr(X, "dtype", None) == np.float32 and self.solver != "liblinear":
            self.coef_, self.intercept_ = self.coef_.astype(np.float32), self.intercept_.astype(np.float32)
        self.n_iter_ = np.array([self.solved_.n_iter_], dtype=np.int32)
        return self

    def predict(self, X):
        return self._solved().predict(X)

    def predict_proba(self, X):
        return self._solved().predict_proba(X)

    def predict_log_proba(self, X):
        return self._solved().predict_log_proba(X)

    def decision_function(self, X):
        return self._solved().decision_function(X)

    def _solved(self):
        return getattr(self, "solved_", poise.SoftmaxClassifier())

    def __sklearn_is_fitted__(self):
        return hasattr(self, "solved_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


class LogisticRegressionCV(BaseEstimator):
    """SoftmaxClassifierCV is another estimator, not this one with other insides."""

    def __init__(self, **parameters):
        pytest.skip("LogisticRegressionCV: SoftmaxClassifierCV chooses penalties by other rules")


def _fits(item, name):
    """Names of tests, or of cases with a * in them."""
    return item.originalname == name or fnmatch.fnmatchcase(item.name, name.replace("[", "[[]"))


class Results:
    """A plugin of pytest that counts."""

    def __init__(self):
        self.passed, self.failed = collections.Counter(), []
        self.skipped = collections.defaultdict(collections.Counter)

    def pytest_collection_modifyitems(self, items):
        for item in items:
            reason = next((why for name, why in NOT_APPLICABLE.items() if _fits(item, name)), None)
            if reason is None and "LogisticRegressionCV" in item.name:
                reason = "LogisticRegressionCV: SoftmaxClassifierCV chooses penalties by other rules"
            if reason is not None:
                item.add_marker(pytest.mark.skip(reason=reason))

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("::")[-1].split("[")[0]
        if report.failed:
            self.failed.append((report.nodeid.split("::")[-1], str(report.longrepr).splitlines()[-1]))
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.skipped[name][reason.removeprefix("Skipped: ")] += 1
        elif report.when == "call":
            self.passed[name] += 1


def run(*arguments: str) -> Results:
    """scikit-learn's module, with one line more: the adapters' names after its imports."""
    source = pathlib.Path(sklearn.linear_model.__file__).parent / "tests/test_logistic.py"
    text = source.read_text()
    place = text.index("\npytestmark") if "\npytestmark" in text else text.index("\nSOLVERS")
    here = pathlib.Path(__file__)
    swap = f"\nfrom {here.stem} import LogisticRegression, LogisticRegressionCV\n"
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        module = pathlib.Path(folder) / "test_logistic_swapped.py"
        module.write_text(text[:place] + swap + text[place:])
        sys.path.insert(0, str(here.parent))
        options = ["-q", "-p", "no:cacheprovider", "-p", "sklearn.conftest", "--rootdir", folder, *arguments]
        pytest.main([*options, str(module)], plugins=[results])
        sys.path.remove(str(here.parent))
    return results


def table(results: Results) -> str:
    lines = ["| test | cases that pass |", "|---|---|"]
    lines += [f"| `{name}` | {count} |" for name, count in sorted(results.passed.items())]
    lines += ["", "| not applicable | cases | why |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {count} | {reason} |"
        for name, reasons in sorted(results.skipped.items())
        for reason, count in sorted(reasons.items())
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    with_table = "--table" in sys.argv
    found = run(*[argument for argument in sys.argv[1:] if argument != "--table"])
    if with_table:
        print(table(found))
    skipped = sum(sum(reasons.values()) for reasons in found.skipped.values())
    print(f"{sum(found.passed.values())} cases pass, {skipped} are not applicable, {len(found.failed)} fail")
    for name, line in found.failed:
        print(f"  {name}: {line}")
    sys.exit(bool(found.failed) or not found.passed)
