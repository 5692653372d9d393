"""Trained models: what they say of rows, how good they are, and their file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _poise
from .data import Array, Dataset, Path, dataset, threads


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


class Model:
    """A softmax layer or a network, ready for rows in the units of its training data.

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
        """The ONNX file as bytes: raw features in, ``label`` and ``probabilities`` out."""
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
        """Names of the K classes, in the order of scores and probabilities."""
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
        """Weights (outputs × inputs), bias and activation of each layer, the first in the units of the data."""
        return self._network.layers

    def rows(self, X: Any, y: Any = None, *, sample_weight: Any = None, labels: bool = True, **options: Any) -> Dataset:
        """A data set as this model wants it; `options` are those of :func:`poise.read`, for files.

        ``labels=False`` leaves the labels of a file unread.
        """
        if isinstance(X, Dataset):
            return X
        if isinstance(X, (str, os.PathLike)):
            return self._network.read(os.fspath(X), options, labels)
        return dataset(X, y, sample_weight=sample_weight, classes=self.classes)

    def scores(self, X: Any, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """z = W x + b of the last layer, n×K; softmax(z) are the probabilities."""
        return self._network.scores(self.rows(X, labels=False), threads(n_threads))

    def predict_proba(self, X: Any, *, n_threads: int | None = None) -> npt.NDArray[np.float64]:
        """Probabilities of the classes, n×K; rows sum to 1."""
        return self._network.probabilities(self.rows(X, labels=False), threads(n_threads))

    def predict(self, X: Any, *, n_threads: int | None = None) -> Array:
        """The name of the most probable class of each row; the first of several."""
        labels: Array = np.asarray(self.classes)[self.scores(X, n_threads=n_threads).argmax(axis=1)]
        return labels

    def evaluate(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, n_threads: int | None = None
    ) -> dict[str, Any]:
        """Accuracy, cross-entropy (nats), calibration, confusion and more, as ``poise evaluate --json`` has them."""
        return self._network.evaluate(self.rows(X, y, sample_weight=sample_weight), threads(n_threads))

    def certify(
        self, X: Any, y: Any = None, *, sample_weight: Any = None, tolerance: float = 1e-8, n_threads: int | None = None
    ) -> Certificate:
        """The certificate of a softmax layer on its training data, computed from scratch.

        The objective is the one that is recorded in the model. Raises PoiseError for a network with hidden layers.
        """
        rows = self.rows(X, y, sample_weight=sample_weight)
        return Certificate.of(self._network.certify(rows, tolerance, threads(n_threads)))


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
