"""Poise trains feed-forward classifiers to equilibrium, and proves how close they got.

>>> import poise
>>> poise.train("digits").status
'certified'

The estimators ``SoftmaxClassifier``, ``SoftmaxClassifierCV``, ``NetworkClassifier`` and ``Autoencoder`` need
scikit-learn, which is imported with the first use of their names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._poise import __version__
from .data import Dataset, dataset, read
from .errors import PoiseError
from .model import Certificate, Inference, Model, certify, generate, load
from .report import Report, report
from .training import Training, train

if TYPE_CHECKING:
    from .autoencoder import Autoencoder
    from .estimators import NetworkClassifier, SoftmaxClassifier
    from .selection import SoftmaxClassifierCV

__all__ = [
    "Autoencoder",
    "Certificate",
    "Dataset",
    "Inference",
    "Model",
    "NetworkClassifier",
    "PoiseError",
    "Report",
    "SoftmaxClassifier",
    "SoftmaxClassifierCV",
    "Training",
    "__version__",
    "certify",
    "dataset",
    "generate",
    "load",
    "read",
    "report",
    "train",
]


_ESTIMATORS = {
    "Autoencoder": "autoencoder",
    "NetworkClassifier": "estimators",
    "SoftmaxClassifier": "estimators",
    "SoftmaxClassifierCV": "selection",
}


def __getattr__(name: str) -> Any:
    if name not in _ESTIMATORS:
        raise AttributeError(f"module 'poise' has no attribute '{name}'")
    return getattr(importlib.import_module(f".{_ESTIMATORS[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
