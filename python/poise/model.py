"""Trained models: what they say of rows, how good they are, and their file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _poise
from .data import Array, Dataset, Path, dataset, labels_of, threads
from .errors import usage_error
from .frames import is_frame, read_frame


def _logistic(z: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    tail = np.exp(-np.abs(z))
    values: npt.NDArray[np.float64] = np.where(z >= 0, 1, tail) / (1 + tail)
    return values


_ACTIVATIONS: dict[str, Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]] = {
    "identity": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "sigmoid": _logistic,
}


@dataclass(frozen=True)
class Certificate:
    """How far a softmax layer is from the optimum of its objective, proven.

    ``objective − optimum ≤ gap``, in nats; ``gap`` is None where nothing is proven. ``status`` is ``certified`` if it
    is within the tolerance, or says what else came of it (``separable``: there is no optimum), and ``why`` is a
    sentence. ``gap`` contains ``rounding``, a bound on the errors of the computation itself.
    """

    status: str
    why: str
    objective: float
    gap: float | None
    rounding: float | None = None

    @classmethod
    def of(cls, figures: dict[str, Any]) -> Certificate:
        proof = figures.get("certificate") or {}
        return cls(figures["status"], figures["why"], figures["objective"], figures["gap"], proof.get("rounding"))


@dataclass(frozen=True, repr=False)
class Inference:
    """Standard errors, Wald's intervals and p-values of the weights of a softmax layer.

    Scores are defined up to one vector that all classes share, so what has an uncertainty is the difference of a class
    from a `reference`: θ_c = W_c − W_r, as in MNLogit of statsmodels; two classes have one row, the logistic regression
    of the second. With N rows and the exact Hessian H at the optimum of the mean loss and its penalty, the covariance
    is H⁻¹/N, or the sandwich H⁻¹ [Σ s ψψᵀ] H⁻¹/N². `sample_weight` counts rows. `meaning` says what the intervals are
    where there is a penalty, which draws the weights towards 0. Source:
    docs/theory/softmax.md#uncertainty-of-the-weights.

    Attributes
    ----------
    classes, feature_names : list of str
        Of the rows and columns below: the classes but for the reference, and the features, then ``(bias)``.
    estimate, standard_error, z, p_value, low, high : array of shape (K − 1, d + 1)
        In the units of the data; z = estimate/standard_error.
    covariance : array of shape (P, P), P = (K − 1)(d + 1)
        Of the estimates, row by row.
    reference, variance, level, rows, l2, meaning
    """

    classes: list[str]
    feature_names: list[str]
    reference: str
    estimate: npt.NDArray[np.float64]
    standard_error: npt.NDArray[np.float64]
    z: npt.NDArray[np.float64]
    p_value: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    variance: str
    level: float
    rows: float
    l2: float
    meaning: str

    @classmethod
    def of(cls, figures: dict[str, Any], covariance: npt.NDArray[np.float64]) -> Inference:
        weights = figures["weights"]
        classes = list(dict.fromkeys(each["class"] for each in weights))
        columns = len(weights) // len(classes)

        def table(name: str) -> npt.NDArray[np.float64]:
            return np.array([each[name] for each in weights], dtype=np.float64).reshape(-1, columns)

        arrays: dict[str, Any] = {
            name: table(name) for name in ("estimate", "standard_error", "z", "p_value", "low", "high")
        }
        asked = {name: figures[name] for name in ("reference", "variance", "level", "rows", "l2", "meaning")}
        names = [each["feature"] for each in weights[:columns]]
        return cls(classes=classes, feature_names=names, covariance=covariance, **arrays, **asked)

    def table(self) -> list[dict[str, Any]]:
        """A dict for each weight, as a data frame takes them: class, feature, estimate, standard_error, z, …"""
        names = ("estimate", "standard_error", "z", "p_value", "low", "high")
        return [
            {"class": label, "feature": feature, **{name: float(getattr(self, name)[a, j]) for name in names}}
            for a, label in enumerate(self.classes)
            for j, feature in enumerate(self.feature_names)
        ]

    def __repr__(self) -> str:
        size = self.estimate.size
        return f"<poise.Inference of {size} weights against {self.reference}: {self.variance}, {self.level:g}>"


class Model:
    """A softmax layer or a network, which may be an autoencoder, ready for rows in the units of its training data.

    Wherever rows are wanted, an array, sparse matrix or frame will do, or a :class:`Dataset`, or the path of a file,
    which is then read as the model's schema says. The file format, and what pickle stores, is ONNX.
    """

    def __init__(self, network: _poise.Model) -> None:
        self._network = network

    @classmethod
    def from_bytes(cls, data: bytes) -> Model:
        """The inverse of :meth:`to_bytes`. Raises PoiseError if the bytes are not a model of Poise."""
        return cls(_poise.Model.from_bytes(data))

    def to_bytes(self) -> bytes:
        """The ONNX file as bytes: raw features in, ``label`` and ``probabilities`` out.

        Of an autoencoder, ``reconstruction`` and ``code`` instead.
        """
        return self._network.to_bytes()

    def save(self, path: Path) -> None:
        """Writes the ONNX file, whole or not at all."""
        self._network.save(os.fspath(path))

    def __reduce__(self) -> tuple[Any, ...]:
        return Model.from_bytes, (self.to_bytes(),)

    def __repr__(self) -> str:
        return f"<poise.Model {self.architecture}>"

    @property
    def classes(self) -> list[str]:
        """Names of the K classes, in the order of scores and probabilities; none of an autoencoder."""
        return self._network.classes

    @property
    def feature_names(self) -> list[str]:
        """One for each of the d features; a category is a feature of its own, as in ``color=red``."""
        return self._network.feature_names

    @property
    def architecture(self) -> str:
        """As in ``64 -> 32 relu -> 10 softmax``."""
        return self._network.architecture

    @property
    def metadata(self) -> dict[str, str]:
        """How it was trained."""
        return self._network.metadata

    @property
    def center(self) -> npt.NDArray[np.float64]:
        """What is taken off the d features before the first layer."""
        return self._network.center

    @property
    def layers(self) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], str]]:
        """Weights (outputs × inputs), bias and activation of each layer, the first in the units of the data.

        Of a convolution a row is a kernel, (side, side, channels) flattened.
        """
        return self._network.layers

    def rows(self, X: Any, y: Any = None, *, sample_weight: Any = None, labels: bool = True, **options: Any) -> Dataset:
        """A data set as this model wants it; `options` are those of :func:`poise.read`, for files and frames.

        ``labels=False`` leaves the labels of a file unread. Columns of frames are found by name, whatever their order;
        a category that training did not have is an error, but for ``unknown_category="none"``.
        """
        if isinstance(X, Dataset):
            return X
        if isinstance(X, (str, os.PathLike)):
            return self._network.read(os.fspath(X), options, labels)
        if is_frame(X):
            return self._rows_of_frame(X, y, sample_weight, labels, options)
        return dataset(X, y, sample_weight=sample_weight, classes=self.classes)

    def _rows_of_frame(self, X: Any, y: Any, sample_weight: Any, labels: bool, options: dict[str, Any]) -> Dataset:
        """By the schema; of a model of arrays, by the place of the columns."""
        if not self._network.is_table:
            numbers = read_frame(X, options, features_only=True).features
            return dataset(numbers, y, sample_weight=sample_weight, classes=self.classes)
        features_only = y is not None or not labels
        if isinstance(sample_weight, str):
            options, sample_weight = {**options, "sample_weight": sample_weight}, None
        data = read_frame(X, options, features_only=features_only, like=self._network)
        if y is not None:
            data.set_labels(labels_of(y, self.classes)[0])
        if sample_weight is not None:
            data.set_sample_weight(np.ascontiguousarray(sample_weight, dtype=np.float64))
        return data

    def scores(self, X: Any, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """z = W x + b of the last layer, n×K; softmax(z) are the probabilities."""
        return self._network.scores(self.rows(X, labels=False), threads(n_threads))

    def predict_proba(self, X: Any, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """Probabilities of the classes, n×K; rows sum to 1."""
        return self._network.probabilities(self.rows(X, labels=False), threads(n_threads))

    def reconstruct(self, X: Any, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """The features as an autoencoder gives them again, n×d, in the units of the data.

        Raises PoiseError for a classifier, as the methods for classes do for an autoencoder.
        """
        return self._network.reconstruct(self.rows(X, labels=False), threads(n_threads))

    def hidden_states(self, X: Any, layer: int, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """The states of hidden layer 1, 2, … of any network, n×width: of an autoencoder's narrowest, the code.

        ``layers[layer - 1]`` are the weights, bias and activation that give them.
        """
        return self._network.hidden_states(self.rows(X, labels=False), layer, threads(n_threads))

    def decode(self, states: Any, layer: int) -> npt.NDArray[np.float64]:
        """The features that states (n, width) of hidden layer 1, 2, … of an autoencoder give: the inverse of a code.

        ``decode(hidden_states(X, l), l)`` is ``reconstruct(X)``, but for rounding.
        """
        values = np.asarray(states, dtype=np.float64)
        layers = self.layers
        if self.classes or not 1 <= layer < len(layers):
            what = "a classifier" if self.classes else f"hidden layer {layer}"
            raise usage_error("layer", what, f"an autoencoder, and one of its layers 1 to {len(layers) - 1}")
        for weights, bias, activation in layers[layer:-1]:
            values = _ACTIVATIONS[activation](values @ weights.T + bias)
        values = values @ layers[-1][0].T + layers[-1][1]
        return _logistic(values) * self._network.output_unit if self._network.is_logistic else values

    def generate(self, classes: Any = None, *, prior: float = 1.0, steps: int = 1000) -> npt.NDArray[np.float64]:
        """A row of each class, as the model takes it to be, n×d in the units of the data: all classes by default.

        The output is clamped to the class, and inputs and hidden states relax together from the center of the training
        data to the least energy of predictive coding (docs/theory/network.md#the-generative-direction). `prior` draws
        inputs to that center: they are taken to be normal about it with variance 1/prior in the units of training.
        """
        names = self.classes if classes is None else [str(name) for name in np.atleast_1d(classes)]
        for name in names:
            if name not in self.classes:
                raise usage_error("classes", f"'{name}' is no class of the model", ", ".join(self.classes))
        numbers = [self.classes.index(name) for name in names]
        return self._network.generate(numbers, {"prior": prior, "steps": steps})[0]

    def predict(self, X: Any, *, n_threads: int | None = None) -> Array:
        """The name of the most probable class of each row; the first of several."""
        labels: Array = np.asarray(self.classes)[self.scores(X, n_threads=n_threads).argmax(axis=1)]
        return labels

    def evaluate(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, n_threads: int | None = None
    ) -> dict[str, Any]:
        """Accuracy, cross-entropy (nats), calibration, confusion and more, as ``poise evaluate --json`` has them.

        Of an autoencoder ``mean_squared_error``, ``explained_variance`` and the like; ``y`` is then not needed.
        """
        return self._network.evaluate(self.rows(X, y, sample_weight=sample_weight), threads(n_threads))

    def certify(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, tolerance: float = 1e-8, n_threads: int | None = None
    ) -> Certificate:
        """The certificate of a softmax layer on its training data, computed from scratch.

        The objective is the one that is recorded in the model. Raises PoiseError for a network with hidden layers.
        """
        rows = self.rows(X, y, sample_weight=sample_weight)
        return Certificate.of(self._network.certify(rows, tolerance, threads(n_threads)))

    def inference(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        level: float = 0.95,
        variance: str = "hessian",
        reference: Any = None,
        n_threads: int | None = None,
    ) -> Inference:
        """How sure the weights of a softmax layer are, from the data that it was trained on; see :class:`Inference`.

        Parameters
        ----------
        level : float, default=0.95
            Of the intervals.
        variance : {"hessian", "sandwich"}, default="hessian"
            The inverse of the exact Hessian, with a penalty that of its posterior; or White's robust one (HC0).
        reference : class, optional
            The one that the others are compared with, by default the first.

        Raises
        ------
        PoiseError
            If there is no optimum (``inference.no_minimizer``) or features are combinations of others
            (``inference.singular``), naming the features; for other rows (``inference.other_rows``).
        """
        rows = self.rows(X, y, sample_weight=sample_weight)
        of = None if reference is None else str(reference)
        options = {"level": level, "variance": variance, "reference": of, "threads": threads(n_threads)}
        figures, covariance = self._network.infer(rows, options)
        return Inference.of(figures, covariance)


def load(path: Path) -> Model:
    """The model of a ``model.onnx``, or of the run directory that holds it, whoever trained it.

    Examples
    --------
    >>> import poise, tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = poise.train("digits", out=pathlib.Path(folder) / "run")
    ...     poise.load(pathlib.Path(folder) / "run")
    <poise.Model 64 -> 10 softmax>
    """
    return Model(_poise.Model.load(os.fspath(path)))


def generate(
    model: Model | Path, classes: Any = None, *, prior: float = 1.0, steps: int = 1000
) -> npt.NDArray[np.float64]:
    """A row of each class, as a classifier takes it to be; see :meth:`Model.generate`."""
    of = model if isinstance(model, Model) else load(model)
    return of.generate(classes, prior=prior, steps=steps)


def certify(
    model: Model | Path,
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    tolerance: float = 1e-8,
    n_threads: int | None = None,
) -> Certificate:
    """How far a softmax layer is from its optimum, from model and training data alone; see :meth:`Model.certify`."""
    of = model if isinstance(model, Model) else load(model)
    return of.certify(X, y, sample_weight=sample_weight, tolerance=tolerance, n_threads=n_threads)
