"""The estimator that reconstructs its input. Importing this imports scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import _check_sample_weight, check_array, check_is_fitted, validate_data

from .base import Trained
from .data import STORED, Dataset, Path, dataset
from .errors import usage_error
from .frames import is_frame
from .training import train


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Trained):  # type: ignore[misc]
    """A network whose target is its input: ``transform`` gives the states of its narrowest layer, the codes.

    Minimizes ``Σ s_i ½|x̂_i − x_i|² / Σ s_i`` in units of the columns' deviations, or the binary cross-entropy of
    features between 0 and the data's unit, plus ``(l2/2) Σ ‖W‖²``.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(32,)
        Widths of the hidden layers; the first of the narrowest holds the codes.
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="tanh"
        With "identity" the optimum spans the leading principal components.
    l2 : float, optional
        By default the library's.
    loss : {"squared-error", "binary-cross-entropy"}, default="squared-error"
    rule, step, learning_rate, momentum, epochs, batch_size, validation_fraction, patience, scale, precision, time_limit
        As in :class:`NetworkClassifier`.
    unknown_category : {"error", "none"}, default="error"
    random_state : int or RandomState, optional
    n_threads : int, optional
        As in :class:`NetworkClassifier`.

    Attributes
    ----------
    coefs_, intercepts_ : lists of arrays
        Of layer l (inputs, outputs) and (outputs,), in the units of X.
    n_components_ : int
        Width of the codes.
    status_, why_ : str
        How training ended.
    history_, n_iter_, model_, n_features_in_, feature_names_in_
        As in :class:`NetworkClassifier`.

    Examples
    --------
    >>> import poise
    >>> digits = poise.read("digits")
    >>> net = poise.Autoencoder((16,), epochs=20).fit(digits.features)
    >>> net.transform(digits.features).shape, bool(net.score(digits.features) > 0.6)
    ((1347, 16), True)
    """

    _sparse = False

    def __init__(
        self,
        hidden_layer_sizes: Any = (32,),
        *,
        activation: str = "tanh",
        l2: float | None = None,
        loss: str = "squared-error",
        rule: str = "adjoint",
        step: str = "golden",
        learning_rate: float | None = None,
        momentum: float | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        scale: str = "auto",
        precision: str = "float32",
        time_limit: float | None = None,
        random_state: Any = None,
        unknown_category: str = "error",
        n_threads: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.l2 = l2
        self.loss = loss
        self.rule = rule
        self.step = step
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.epochs = epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.scale = scale
        self.precision = precision
        self.time_limit = time_limit
        self.random_state = random_state
        self.unknown_category = unknown_category
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Autoencoder:
        """Trains on rows X (n, d); `y` is not looked at. Weights (n,) are shares of the loss."""
        data = self._rows(X, sample_weight)
        hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if not hidden:
            raise usage_error("hidden_layer_sizes", "no hidden layer", "one width or more: it holds the codes")
        run = train(
            data,
            target="features",
            validation=self.validation_fraction,
            hidden=hidden,
            activation=self.activation,
            l2=self.l2,
            loss=self.loss,
            rule=self.rule,
            step=self.step,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            epochs=self.epochs,
            batch=self.batch_size,
            patience=self.patience,
            scale=self.scale,
            precision=self.precision,
            time_limit=self.time_limit,
            seed=self._seed(),
            threads=self.n_threads,
            measure=False,
        )
        self._keep(run)
        self.status_, self.why_ = run.status, run.why
        self.n_iter_ = int(run.figures["epochs"])
        self._read_layers()
        return self

    def transform(self, X: Any) -> npt.NDArray[np.float64]:
        """The codes of rows (n, d): the states of the narrowest hidden layer, (n, n_components_)."""
        rows = self._checked(X)
        return self.model_.hidden_states(rows, self._code_layer, n_threads=self.n_threads)

    def inverse_transform(self, X: Any) -> npt.NDArray[np.float64]:
        """The features that codes (n, n_components_) stand for: of ``transform(X)`` they are ``reconstruct(X)``."""
        check_is_fitted(self)
        codes = check_array(X, dtype=np.float64)
        if codes.shape[1] != self.n_components_:
            raise ValueError(f"X has {codes.shape[1]} columns, and codes have {self.n_components_}")
        return self.model_.decode(codes, self._code_layer)

    def reconstruct(self, X: Any) -> npt.NDArray[np.float64]:
        """The rows (n, d) as the network gives them again, in the units of X."""
        rows = self._checked(X)
        return self.model_.reconstruct(rows, n_threads=self.n_threads)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The share of the variance that is explained, 1 − Σ s|x̂ − x|²/Σ s|x − mean|², in units of fit's deviations."""
        rows = self._checked(X)
        if sample_weight is not None:
            rows.set_sample_weight(_check_sample_weight(sample_weight, X, dtype=np.float64))
        return float(self.model_.evaluate(rows, n_threads=self.n_threads)["explained_variance"])

    @classmethod
    def load(cls, path: Path, **parameters: Any) -> Autoencoder:
        """A fitted estimator from a model file or run directory, also of the command line."""
        estimator = super().load(path, **parameters)
        if estimator.model_.classes:
            raise usage_error("model", "a classifier", "a network that reconstructs its features")
        estimator._read_layers()
        return estimator

    def _rows(self, X: Any, sample_weight: Any) -> Dataset:
        if is_frame(X):
            self._validate_frame(X, reset=True)
        else:
            X = validate_data(self, X, dtype=list(STORED), ensure_min_samples=2)
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        return dataset(X, sample_weight=sample_weight)

    def _read_layers(self) -> None:
        layers = self.model_.layers
        self.coefs_ = [weights.T for weights, _, _ in layers]
        self.intercepts_ = [bias for _, bias, _ in layers]
        self.intercepts_[0] = self.intercepts_[0] - layers[0][0] @ self.model_.center
        widths = [len(bias) for _, bias, _ in layers[:-1]]
        self._code_layer = 1 + widths.index(min(widths))
        self.n_components_ = self._n_features_out = min(widths)

    def _facts(self) -> dict[str, str]:
        facts = {"model": self.model_.architecture}
        if hasattr(self, "status_"):
            facts |= {"status": self.status_, "why": self.why_, "epochs": str(self.n_iter_)}
        return facts
