"""What estimators of a softmax layer have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import _check_sample_weight, check_is_fitted

from .data import Array, Dataset
from .errors import usage_error
from .model import Inference, Model
from .training import Training


class SoftmaxLayer:
    """Attributes that show the layer, and how sure its weights are. A mix-in of the estimators."""

    model_: Model
    classes_: Array
    l2_: float
    n_threads: int | None

    if TYPE_CHECKING:  # of the other base

        def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array]: ...

        def _checked(self, X: Any) -> Dataset: ...

    def _solved(self, run: Training) -> None:
        """Takes over what is known of a layer beside its model."""
        self.certificate_ = run.certificate
        self.l2_ = run.figures["l2"]
        self.n_iter_ = max(int(run.figures["iterations"]), 1)
        self._read_layers()

    def _read_layers(self) -> None:
        weights, bias, _ = self.model_.layers[0]
        intercept = bias - weights @ self.model_.center
        is_binary = len(self.classes_) == 2
        self.coef_ = weights[1:] - weights[:1] if is_binary else weights
        self.intercept_ = intercept[1:] - intercept[:1] if is_binary else intercept

    def _facts(self) -> dict[str, str]:
        proof = getattr(self, "certificate_", None)
        if proof is None:
            return {"model": self.model_.architecture}
        gap = "none proven" if proof.gap is None else f"{proof.gap:.2e} nats above the optimum at most"
        return {"status": proof.status, "certificate": gap, "why": proof.why, "l2": f"{self.l2_:g}"}

    def inference(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        level: float = 0.95,
        variance: str = "hessian",
        reference: Any = None,
    ) -> Inference:
        """Standard errors, intervals and p-values of the weights, from the rows that `fit` was given.

        An estimator does not keep its training data, so they are wanted again; other rows are refused. For two classes
        ``estimate`` is ``coef_`` followed by ``intercept_``, for more the rows are differences from the `reference`,
        by default the first class.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.
        level : float, default=0.95
            Of the intervals.
        variance : {"hessian", "sandwich"}, default="hessian"
        reference : class, optional

        Returns
        -------
        Inference

        Examples
        --------
        >>> from poise import SoftmaxClassifier
        >>> X, y = [[0.0]] * 30 + [[1.0]] * 50, [0] * 20 + [1] * 10 + [0] * 15 + [1] * 35
        >>> found = SoftmaxClassifier(l2=0).fit(X, y).inference(X, y)
        >>> found.standard_error.round(4)  # (1/20 + 1/10 + 1/15 + 1/35)**0.5 and (1/20 + 1/10)**0.5
        array([[0.4952, 0.3873]])
        """
        check_is_fitted(self)
        X, y = self._validated(X, y, reset=False)
        labels = np.searchsorted(self.classes_, y).clip(max=len(self.classes_) - 1)
        if not (self.classes_[labels] == y).all():
            raise usage_error("inference", "labels that fit has not seen", "the y of fit")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64)
        data = self._checked(X)
        if sample_weight is not None:
            data.set_sample_weight(sample_weight)
        data.set_labels(labels.astype(np.int32))
        return self.model_.inference(
            data, level=level, variance=variance, reference=reference, n_threads=self.n_threads
        )


def default_l2(data: Dataset) -> float:
    """2/(m Σs): a row of weight 2 is two rows."""
    weight: npt.NDArray[np.float64] | None = data.sample_weight
    if weight is None or not weight.any():
        return data.default_l2
    return float(data.default_l2 * weight.sum() / np.square(weight).sum())
