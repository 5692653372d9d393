"""What all estimators have in common. Importing this imports scikit-learn."""

from __future__ import annotations

import html
import warnings
from typing import Any, TypeVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from .data import STORED, Dataset, Path, dataset
from .errors import usage_error
from .frames import column_names, is_frame, names_of, read_frame
from .model import Model
from .model import load as load_model
from .training import Training

Self = TypeVar("Self", bound="Trained")


class Trained(BaseEstimator):  # type: ignore[misc]
    """Rows in, a trained :class:`Model` inside."""

    model_: Model
    unknown_category: str
    random_state: Any
    #: Sparse rows that are taken, as scikit-learn names them.
    _sparse: Any = "csr"

    def _validate_frame(self, X: Any, reset: bool) -> None:
        """As scikit-learn does, for frames that its older versions do not know, and naming columns out of order."""
        names = column_names(X)
        texts = names_of(X)
        if reset:
            self.n_features_in_ = len(names)
            self.__dict__.pop("feature_names_in_", None)
            if texts is not None:
                self.feature_names_in_ = np.asarray(texts, dtype=object)
            return
        expected = self.feature_names_in_.tolist() if hasattr(self, "feature_names_in_") else None
        if texts is not None and expected is not None and texts != expected:
            raise ValueError(_difference(texts, expected))
        if len(names) != self.n_features_in_:
            raise ValueError(
                f"X has {len(names)} features, but {type(self).__name__} is expecting {self.n_features_in_} features "
                "as input."
            )

    def _seed(self) -> int | None:
        if self.random_state is None or isinstance(self.random_state, (int, np.integer)):
            return None if self.random_state is None else int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31))

    def _keep(self, run: Training) -> None:
        """Takes over what a run has come to."""
        self.model_, self.history_ = run.model, run.history
        self.figures_ = run.figures
        if run.status in ("iteration_limit", "time_limit", "interrupted", "diverged"):
            warnings.warn(f"{run.status}: {run.why}", ConvergenceWarning, stacklevel=3)

    def _checked(self, X: Any) -> Dataset:
        check_is_fitted(self)
        if is_frame(X) and self.model_._network.is_table:
            self._validate_frame(X, reset=False)
            options = {"unknown_category": self.unknown_category}
            return read_frame(X, options, features_only=True, like=self.model_._network)
        X = validate_data(self, X, accept_sparse=self._sparse, dtype=list(STORED), reset=False)
        if X.shape[1] != len(self.model_.feature_names):
            raise usage_error("frame", "an array for a model of categories", "a frame with the columns of fit")
        return dataset(X, classes=self.model_.classes)

    def to_onnx(self) -> bytes:
        """The model as an ONNX file: raw features in; ``label`` (text) and ``probabilities`` out, or what there is."""
        check_is_fitted(self)
        return self.model_.to_bytes()

    def save(self, path: Path) -> None:
        """Writes that file. Parameters of the estimator are not in it; pickle keeps them."""
        check_is_fitted(self)
        self.model_.save(path)

    @classmethod
    def load(cls: type[Self], path: Path, **parameters: Any) -> Self:
        """A fitted estimator from a model file or run directory, also of the command line."""
        model = load_model(path)
        estimator = cls(**parameters)
        estimator.model_, estimator.history_ = model, []
        estimator.n_features_in_ = len(model.feature_names)
        if model._network.has_names:
            estimator.feature_names_in_ = np.asarray(model._network.column_names, dtype=object)
            estimator.n_features_in_ = len(estimator.feature_names_in_)
        return estimator

    def _facts(self) -> dict[str, str]:
        """What the HTML form shows of a fitted estimator."""
        raise NotImplementedError

    def _html_of_facts(self) -> str:
        if not hasattr(self, "model_"):
            return ""
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in self._facts().items()
        )
        return f"<table class='poise-facts'>{rows}</table>"

    def _repr_html_inner(self) -> str:
        return str(super()._repr_html_inner()) + self._html_of_facts()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._html_of_facts()
        return bundle


def _difference(names: list[str], expected: list[str]) -> str:
    """In scikit-learn's words."""
    text = "The feature names should match those that were passed during fit.\n"
    new = [name for name in names if name not in expected]
    missing = [name for name in expected if name not in names]
    for title, which in (("unseen at fit time", new), ("seen at fit time, yet now missing", missing)):
        if which:
            text += (
                f"Feature names {title}:\n"
                + "".join(f"- {name}\n" for name in which[:5])
                + ("- ...\n" if which[5:] else "")
            )
    if new or missing:
        return text
    place = next(k for k, name in enumerate(names) if name != expected[k])
    text += "Feature names must be in the same order as they were in fit.\n"
    return text + f"Column {place} is '{names[place]}' and was '{expected[place]}'.\n"
