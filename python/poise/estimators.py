"""scikit-learn estimators over the training run. Importing this imports scikit-learn (1.6 or newer)."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, column_or_1d, validate_data

from ._poise import Workers
from .base import Trained
from .data import STORED, Array, Dataset, Path, dataset
from .errors import usage_error
from .frames import is_frame, labels_array
from .layer import SoftmaxLayer, default_l2
from .model import Model
from .training import train

Self = TypeVar("Self", bound="_Classifier")


class _Classifier(ClassifierMixin, Trained):  # type: ignore[misc]
    """Rows and labels in, classes out."""

    classes_: Array

    def _rows(self, X: Any, y: Any, sample_weight: Any) -> Dataset:
        X, y = self._validated(X, y, reset=True)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise usage_error("one_class", f"only one class, {self.classes_[0]!r}", "two or more classes in y")
        if sample_weight is not None:
            sample_weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        data = dataset(X, sample_weight=sample_weight, classes=self.classes_.tolist())
        data.set_labels(labels.astype(np.int32))
        return data

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Array]:
        """Rows that agree with those of fit, or are them: frames as they are."""
        if y is None or not is_frame(X):
            y = labels_array(y) if type(y).__module__.partition(".")[0] in ("polars", "pyarrow") else y
            X, y = validate_data(self, X, y, accept_sparse="csr", dtype=list(STORED), reset=reset)
            return X, y
        y = column_or_1d(labels_array(y), warn=True)
        check_consistent_length(X, y)
        self._validate_frame(X, reset)
        return X, y

    def _class_weight(self) -> Any:
        weight = self.class_weight
        if not isinstance(weight, dict):
            return weight
        known = set(self.classes_.tolist())
        return {str(label): factor for label, factor in weight.items() if label in known}

    def _scores(self, X: Any) -> npt.NDArray[np.float64]:
        rows = self._checked(X)
        return self.model_.scores(rows, n_threads=self.n_threads)

    def decision_function(self, X: Any) -> npt.NDArray[np.float64]:
        """Scores of rows (n, d): (n, K), or (n,) for two classes: by how much the second leads."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores

    def predict(self, X: Any) -> Array:
        """The most probable class of each row."""
        scores = self._scores(X)
        labels: Array = self.classes_[scores.argmax(axis=1)]
        return labels

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probabilities of ``classes_``, (n, K)."""
        rows = self._checked(X)
        return self.model_.predict_proba(rows, n_threads=self.n_threads)

    def predict_log_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Their logarithms."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @classmethod
    def load(cls: type[Self], path: Path, **parameters: Any) -> Self:
        """A fitted estimator from a model file or run directory, also of the command line.

        Names of classes that are all whole numbers become integers.
        """
        estimator = super().load(path, **parameters)
        estimator.classes_ = _labels_named(estimator.model_.classes)
        estimator._read_layers()
        return estimator

    def _read_layers(self) -> None:
        """Sets the attributes that show the weights."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _labels_named(names: list[str]) -> Array:
    try:
        numbers = [int(name) for name in names]
    except ValueError:
        return np.asarray(names)
    return np.asarray(numbers if [str(n) for n in numbers] == names else names)


class SoftmaxClassifier(SoftmaxLayer, _Classifier):
    r"""Softmax regression, solved to its optimum with a proof of how close it got.

    Minimizes ``Σ s_i [lse(z_i) − z_i[y_i]] / Σ s_i + (l2/2) ‖W‖²`` with ``z = W x + b``; ``b`` is not penalized.

    Parameters
    ----------
    l2 : float, "auto" or "loo", optional
        The penalty, on weights of features in the units of `scale`. "auto": by five-fold cross-validation; "loo": by
        leave-one-out, in closed form; :class:`SoftmaxClassifierCV` shows how. By default
        ``2/(m Σs)`` with ``m = K − 1``, at most 6 (of sparse data at most 2).
    C : float, optional
        Instead of `l2`, and without scaling: the objective of scikit-learn's ``LogisticRegression(C=C)``.
    scale : {"auto", "none", "standard"}, default="auto"
        Units in which weights are penalized: as given, or the standard deviations of the columns. "auto": "standard"
        for dense arrays, "none" for sparse ones and with `C`.
    tolerance : float, default=1e-8
        The gap wanted: objective − optimum, in nats.
    solver : {"auto", "newton", "lbfgs", "golden", "descent", "barzilai-borwein"}, default="auto"
    class_weight : dict or "balanced", optional
        Factors on the weights of the rows of classes.
    label_smoothing : float, default=0
        Share of every target that is spread over all classes.
    max_iter : int, optional
        Limit on outer iterations. By default 200 for Newton, else 20000.
    time_limit : float, optional
        Limit in seconds.
    warm_start : bool, default=False
        Start from the model of the last fit, if classes and features are the same.
    random_state : int or RandomState, optional
        Of the folds of ``l2="auto"``. The optimum depends on no random numbers.
    unknown_category : {"error", "none"}, default="error"
        Of frames with text: whether a category that fit has not seen is refused when predicting, or counts as none.
    n_threads : int, optional
        By default what ``OMP_NUM_THREADS`` says, else all processors. The result has the same bits for any number.

    Attributes
    ----------
    coef_ : array of shape (K, d), or (1, d) for two classes
        Weights in the units of X.
    intercept_ : array of shape (K,) or (1,)
    certificate_ : Certificate
        ``status``, ``why`` and ``gap``: what is proven about the distance from the optimum.
    history_ : list of dict
        Iterations.
    l2_ : float
        The penalty used.
    model_ : Model
        Its ``feature_names`` name the columns of `coef_`: of a frame with text one a category.
    classes_, n_features_in_, feature_names_in_, n_iter_
        As in scikit-learn.

    Notes
    -----
    `sample_weight` counts rows: a row of weight 2 is two rows. Dense C-contiguous X of type uint8, int16, int32,
    float32 or float64 is not copied. Ctrl-C ends a fit early with a usable model and a ConvergenceWarning.

    Examples
    --------
    >>> from poise import SoftmaxClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> clf = SoftmaxClassifier(l2=0.1).fit(X, y)
    >>> clf.certificate_.status
    'certified'
    >>> clf.predict([[2.5]])
    array([1])
    """

    def __init__(
        self,
        *,
        l2: Any = None,
        C: float | None = None,
        scale: str = "auto",
        tolerance: float = 1e-8,
        solver: str = "auto",
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        max_iter: int | None = None,
        time_limit: float | None = None,
        warm_start: bool = False,
        random_state: Any = None,
        unknown_category: str = "error",
        n_threads: int | None = None,
    ) -> None:
        self.l2 = l2
        self.C = C
        self.scale = scale
        self.tolerance = tolerance
        self.solver = solver
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing
        self.max_iter = max_iter
        self.time_limit = time_limit
        self.warm_start = warm_start
        self.random_state = random_state
        self.unknown_category = unknown_category
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxClassifier:
        """Solves for rows X (n, d) with labels y (n,) and weights (n,)."""
        start = self._model_to_start_from()
        self._solve(self._rows(X, y, sample_weight), start)
        return self

    def _solve(self, data: Dataset, start: Model | None, workers: Workers | None = None) -> None:
        if start is not None and (start.classes, start.feature_names) != (data.classes, data.feature_names):
            start = None
        run = train(
            data,
            start=start,
            workers=workers,
            l2=self._penalty(data),
            l2_from=default_l2(data) if isinstance(self.l2, str) else None,
            scale=self._scale(),
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

    def _model_to_start_from(self) -> Model | None:
        return self.model_ if self.warm_start and hasattr(self, "model_") else None

    def _scale(self) -> str:
        return "none" if self.C is not None and self.scale == "auto" else self.scale

    def _penalty(self, data: Dataset) -> Any:
        """λ of the mean loss: `C` is of the sum, and the two weight vectors of two classes are half of one each."""
        if self.C is not None:
            if self.l2 is not None:
                raise usage_error("penalty", "both l2 and C", "one of them")
            if not self.C > 0:
                raise usage_error("penalty", f"C is {self.C}", "a number above 0, or inf")
            rows = float(self._total_weight(data))
            return (2.0 if len(self.classes_) == 2 else 1.0) / (self.C * rows)
        if self.l2 is not None or data.sample_weight is None:
            return self.l2
        return default_l2(data)

    def _total_weight(self, data: Dataset) -> float:
        """Σ s_i, with the factors of the classes."""
        labels = data.labels
        assert labels is not None
        weight = np.ones(data.rows) if data.sample_weight is None else data.sample_weight
        if isinstance(self.class_weight, dict):
            factors = np.array([self.class_weight.get(label, 1.0) for label in self.classes_.tolist()])
            weight = weight * factors[labels]
        return float(weight.sum())


class NetworkClassifier(_Classifier):
    """A feed-forward network with a step and momentum from theory: there need be no knobs.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Widths of the hidden layers.
    layers : str, optional
        The hidden layers in words, in place of their sizes: "conv:16x3,pool:2,dropout:0.25,dense:128". Rows of X are
        then images, pixel by pixel, the channels of a pixel side by side.
    image : str, optional
        Their shape, if there are convolutions: "28x28" or "32x32x3".
    activation : {"relu", "tanh", "sigmoid", "identity"}, default="relu"
    l2 : float, optional
        Penalty ``(l2/2) Σ ‖W‖²`` on the mean loss. By default three times that of the softmax layer.
    loss : {"cross-entropy", "binary-cross-entropy", "squared-error"}, default="cross-entropy"
    rule : {"adjoint", "equilibrium", "predictive-coding", "canonical"}, default="adjoint"
        How the adjoints of hidden layers are found; "adjoint" is backpropagation.
    step : {"golden", "sgd", "adam"}, default="golden"
    learning_rate, momentum : float, optional
        By default those of the step.
    epochs, batch_size : int, optional
        By default chosen by the number of rows.
    dropout : float, default=0
    label_smoothing : float, default=0
    class_weight : dict or "balanced", optional
    validation_fraction : float, optional
        Share of the rows held out to choose the epoch that is kept. By default 0.1; 0 keeps the last epoch.
    patience : int, optional
        End after so many epochs without progress on held-out rows.
    calibrate : bool, default=False
        Divide the scores by the temperature that the held-out rows ask for.
    scale : {"auto", "none"}, default="auto"
        Whether inputs are scaled to mean square 1.
    precision : {"float32", "bf16"}, default="float32"
    time_limit : float, optional
        Limit in seconds.
    random_state : int or RandomState, optional
        Of initial weights, batches and held-out rows. None is 1: two fits are the same.
    unknown_category : {"error", "none"}, default="error"
        Of frames with text: whether a category that fit has not seen is refused when predicting, or counts as none.
    n_threads : int, optional
        By default what ``OMP_NUM_THREADS`` says, else all processors. The result has the same bits for any number.

    Attributes
    ----------
    coefs_, intercepts_ : lists of arrays
        Of layer l (inputs, outputs) and (outputs,), in the units of X, as in scikit-learn's MLPClassifier; of a
        convolution (side · side · channels, kernels) and (kernels,), and then the first is of X - model_.center.
    status_, why_ : str
        How training ended.
    history_ : list of dict
        Epochs.
    n_iter_ : int
        Epochs trained.
    model_, classes_, n_features_in_, feature_names_in_
        As in :class:`SoftmaxClassifier`.

    Examples
    --------
    >>> from poise import NetworkClassifier
    >>> import poise
    >>> digits, test = poise.read("digits"), poise.read("digits:test")
    >>> clf = NetworkClassifier((32,)).fit(digits.features, digits.labels)
    >>> bool(clf.score(test.features, test.labels) > 0.9)
    True
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        *,
        layers: str | None = None,
        image: str | None = None,
        activation: str = "relu",
        l2: float | None = None,
        loss: str = "cross-entropy",
        rule: str = "adjoint",
        step: str = "golden",
        learning_rate: float | None = None,
        momentum: float | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        calibrate: bool = False,
        scale: str = "auto",
        precision: str = "float32",
        time_limit: float | None = None,
        random_state: Any = None,
        unknown_category: str = "error",
        n_threads: int | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.layers = layers
        self.image = image
        self.activation = activation
        self.l2 = l2
        self.loss = loss
        self.rule = rule
        self.step = step
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.epochs = epochs
        self.batch_size = batch_size
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.calibrate = calibrate
        self.scale = scale
        self.precision = precision
        self.time_limit = time_limit
        self.random_state = random_state
        self.unknown_category = unknown_category
        self.n_threads = n_threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetworkClassifier:
        """Trains on rows X (n, d) with labels y (n,) and weights (n,).

        A row's loss, and its share in held-out accuracy and in the scale of inputs, counts in proportion to its weight;
        rows of weight 0 are never drawn. But a row of weight 2 is drawn once an epoch and not twice.
        """
        data = self._rows(*self._weighted_rows(X, y, sample_weight))
        hidden = np.atleast_1d(self.hidden_layer_sizes).tolist()
        if not hidden:
            raise usage_error(
                "hidden_layer_sizes", "no hidden layer", "one width or more", "SoftmaxClassifier has none"
            )
        run = train(
            data,
            validation=self.validation_fraction,
            hidden=None if self.layers else hidden,
            layers=self.layers,
            image=self.image,
            activation=self.activation,
            l2=self.l2,
            loss=self.loss,
            rule=self.rule,
            step=self.step,
            learning_rate=self.learning_rate,
            momentum=self.momentum,
            epochs=self.epochs,
            batch=self.batch_size,
            dropout=self.dropout,
            label_smoothing=self.label_smoothing,
            class_weight=self._class_weight(),
            patience=self.patience,
            calibrate=self.calibrate,
            scale=self.scale,
            precision=self.precision,
            time_limit=self.time_limit,
            seed=self._seed(),
            threads=self.n_threads,
            measure=self.calibrate,
        )
        self._keep(run)
        self.status_, self.why_ = run.status, run.why
        self.n_iter_ = int(run.figures["epochs"])
        self._read_layers()
        return self

    @staticmethod
    def _weighted_rows(X: Any, y: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
        """Without those of weight 0, so that no part of the rows held out is of such alone."""
        if sample_weight is None or y is None:
            return X, y, sample_weight
        check_consistent_length(X, y)
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
        rows = np.flatnonzero(weight)
        if len(rows) in (0, len(weight)):
            return X, y, weight
        return _safe_indexing(X, rows), _safe_indexing(y, rows), weight[rows]

    def _read_layers(self) -> None:
        layers = self.model_.layers
        self.coefs_ = [weights.T for weights, _, _ in layers]
        self.intercepts_ = [bias for _, bias, _ in layers]
        if not (getattr(self, "layers", None) or "").startswith("conv"):
            self.intercepts_[0] = self.intercepts_[0] - layers[0][0] @ self.model_.center

    def _facts(self) -> dict[str, str]:
        facts = {"model": self.model_.architecture}
        if hasattr(self, "status_"):
            facts |= {"status": self.status_, "why": self.why_, "epochs": str(self.n_iter_)}
        return facts
