"""The estimator that chooses its penalty. Importing this imports scikit-learn."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import check_cv

from .data import Dataset
from .errors import usage_error
from .estimators import _Classifier
from .layer import SoftmaxLayer, default_l2
from .training import train


class SoftmaxClassifierCV(SoftmaxLayer, _Classifier):
    r"""Softmax regression whose penalty is chosen by held-out cross-entropy.

    The objective is that of :class:`SoftmaxClassifier`. A fold is the problem without its rows and nothing else
    changed, so that its penalty is the same in terms of scikit-learn's `C`, and the same on the weights: `scale` is
    that of all rows. Every fold's solve is certified and starts from the solution on all rows.

    Parameters
    ----------
    l2s : array-like of float, optional
        Penalties to choose among. By default multiples of the default penalty by powers of 4, from 64 to 1/64, and
        further for as long as that gains.
    cv : int, splitter, iterable of splits or "loo", default=5
        An int deals the rows of every class into so many folds, at random by `random_state`. Folds of a splitter have
        to hold out no row twice and to train on all others. "loo" leaves out each row in closed form, without solving
        again, for up to 5,000 parameters (K − 1)(d + 1).
    rule : {"best", "one-standard-error"}, default="best"
        The penalty of the smallest held-out cross-entropy, or the largest within a standard error of it.
    scale, tolerance, solver, class_weight, label_smoothing, max_iter, time_limit, unknown_category,
    n_threads
        As in :class:`SoftmaxClassifier`.
    random_state : int or RandomState, optional
        Of the folds. None is 1: two fits are the same.

    Attributes
    ----------
    l2_ : float
        The penalty chosen.
    l2s_ : array
        Those that were tried, falling.
    cv_results_ : dict of arrays
        For each of them: ``l2``; ``mean_test_score``, the mean of −cross-entropy over the rows held out, in nats;
        ``standard_error``; ``split0_test_score``, … of the folds; ``rank_test_score``. Where ``hopeless``, the
        candidate was given up as it is proven to be worse: the mean is an upper bound, and folds not measured are NaN.
    best_index_ : int
        Of `l2_` in them.
    best_score_ : float
        Its mean.
    coef_, intercept_, certificate_, history_, model_, classes_, n_features_in_, feature_names_in_, n_iter_
        As in :class:`SoftmaxClassifier`, of the model of all rows.

    Examples
    --------
    >>> import poise
    >>> digits = poise.read("digits")
    >>> X, y = digits.features[:300], digits.labels[:300]
    >>> clf = poise.SoftmaxClassifierCV(l2s=[1e-5, 1e-3, 1e-1], cv=3).fit(X, y)
    >>> clf.l2_, clf.certificate_.status
    (1e-05, 'certified')
    """

    def __init__(
        self,
        *,
        l2s: Any = None,
        cv: Any = 5,
        rule: str = "best",
        scale: str = "auto",
        tolerance: float = 1e-8,
        solver: str = "auto",
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        max_iter: int | None = None,
        time_limit: float | None = None,
        random_state: Any = None,
        unknown_category: str = "error",
        n_threads: int | None = None,
    ) -> None:
        self.l2s = l2s
        self.cv = cv
        self.rule = rule
        self.scale = scale
        self.tolerance = tolerance
        self.solver = solver
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.max_iter = max_iter
        self.time_limit = time_limit
        self.random_state = random_state
        self.unknown_category = unknown_category
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> SoftmaxClassifierCV:
        """Chooses the penalty and solves for rows X (n, d) with labels y (n,) and weights (n,).

        `groups` (n,) are for splitters that want them.
        """
        data = self._rows(X, y, sample_weight)
        run = train(
            data,
            l2="loo" if isinstance(self.cv, str) and self.cv == "loo" else "auto",
            l2_from=default_l2(data),
            l2_candidates=None if self.l2s is None else np.asarray(self.l2s, dtype=np.float64).ravel().tolist(),
            l2_rule=self.rule,
            **self._folds(data, X, y, groups),
            scale=self.scale,
            tolerance=self.tolerance,
            solver=self.solver,
            class_weight=self._class_weight(),
            label_smoothing=self.label_smoothing,
            max_iterations=self.max_iter,
            time_limit=self.time_limit,
            seed=self._seed(),
            threads=self.n_threads,
            measure=False,
        )
        self._keep(run)
        self._solved(run)
        self._keep_choice(run.figures["l2_choice"])
        return self

    def _folds(self, data: Dataset, X: Any, y: Any, groups: Any) -> dict[str, Any]:
        cv = 5 if self.cv is None else self.cv
        if isinstance(cv, str):
            if cv != "loo":
                raise usage_error("cv", f"cv is {cv!r}", "a number of folds, a splitter, splits, or 'loo'")
            return {}
        if isinstance(cv, numbers.Integral):
            return {"folds": int(cv)}
        splits = list(check_cv(cv, y, classifier=True).split(X, y, groups))
        fold: npt.NDArray[np.int64] = np.full(data.rows, -1)
        for k, (others, held_out) in enumerate(splits):
            inside = np.zeros(data.rows, dtype=bool)
            inside[held_out] = True
            outside = np.zeros(data.rows, dtype=bool)
            outside[others] = True
            if (fold[inside] >= 0).any() or (inside == outside).any():
                found = f"fold {k} holds out a row of another, or does not train on all others"
                raise usage_error("cv", found, "a division of the rows")
            fold[inside] = k
        return {"folds": max(len(splits), 2), "fold_of_row": fold.tolist()}

    def _keep_choice(self, choice: dict[str, Any] | None) -> None:
        """The table of candidates; of one where nothing could be held out."""
        tried: list[dict[str, Any]] = choice["candidates"] if choice else [{"l2": self.l2_, "hopeless": False}]

        def column(name: str) -> npt.NDArray[np.float64]:
            return np.array([np.nan if one.get(name) is None else one[name] for one in tried], dtype=np.float64)

        self.l2s_ = column("l2")
        self.best_index_ = int(np.abs(self.l2s_ - self.l2_).argmin())
        score = -column("cross_entropy")
        order = np.argsort(np.argsort(-score, kind="stable"), kind="stable")
        self.cv_results_ = {
            "l2": self.l2s_,
            "mean_test_score": score,
            "standard_error": column("standard_error"),
            "hopeless": np.array([bool(one["hopeless"]) for one in tried]),
            "rank_test_score": (order + 1).astype(np.int32),
        }
        for k in range(len(tried[0].get("by_fold") or [])):
            losses = [one["by_fold"][k] for one in tried]
            self.cv_results_[f"split{k}_test_score"] = -np.array(losses, dtype=np.float64)
        self.best_score_ = float(score[self.best_index_])
