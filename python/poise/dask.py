"""Softmax layers of rows that a Dask cluster has: the optimum, the proof and the bits of one process.

>>> from dask.distributed import Client
>>> from poise.dask import SoftmaxClassifier
>>> client = Client()  # doctest: +SKIP
>>> clf = SoftmaxClassifier(client).fit(X, y)  # doctest: +SKIP

Every pass over the rows is one task a part: what it is asked goes there, sums come back, and rows stay where they are.
Importing this imports Dask, its scheduler's client and scikit-learn.
"""

from __future__ import annotations

import asyncio
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import numpy as np
from dask import array as da
from dask import compute, delayed
from distributed import Client, default_client, get_worker
from sklearn.metrics import accuracy_score
from sklearn.utils import assert_all_finite
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from . import _poise, estimators
from .data import Array, dataset
from .errors import usage_error
from .frames import labels_array
from .training import Training
from .training import train as run


class _Rows:
    """The rows of one part. Dask may move them, or make them anew where a worker has died: what they have been told is
    told again to those that have not heard it."""

    def __init__(self, *given: Any) -> None:
        self._given = given
        self._lock = threading.Lock()
        self._server: _poise.RowServer | None = None

    def __reduce__(self) -> Any:
        return _Rows, self._given

    def __sizeof__(self) -> int:
        return sum(int(getattr(each, "nbytes", 0)) for each in self._given)

    def run(self, task: bytes, threads: int) -> bytes:
        """`threads`: if no other number was asked for."""
        with self._lock:
            if self._server is None:
                X, labels, sample_weight, classes, names, asked = self._given
                data = dataset(X, sample_weight=sample_weight, classes=classes, feature_names=names)
                data.set_labels(labels)
                self._server = _poise.RowServer(data, asked or threads)
        return self._server.run(task)


def _run(rows: _Rows, task: bytes) -> bytes:
    return rows.run(task, get_worker().state.nthreads)


async def _run_here(key: str, task: bytes, dask_worker: Any) -> bytes | None:
    """None if this worker has no such rows."""
    rows = dask_worker.data.get(key)
    if rows is None:
        return None
    threads = dask_worker.executors["default"]  # those of tasks
    loop = asyncio.get_running_loop()
    found: bytes = await loop.run_in_executor(threads, rows.run, task, dask_worker.state.nthreads)
    return found


def _classes(y: Any) -> Array:
    found: Array = np.unique(labels_array(y))
    return found


class _Cut(NamedTuple):
    """Rows of a block."""

    block: int
    length: int  #: of all of it
    first: int
    end: int


def _cuts(lengths: list[int], first: int, end: int) -> list[_Cut]:
    """Where rows from `first` to `end` are."""
    begins = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    return [
        _Cut(block, length, max(first - begin, 0), min(end - begin, length))
        for block, (length, begin) in enumerate(zip(lengths, begins, strict=False))
        if begin < end and begin + length > first
    ]


def _joined(blocks: list[Any], cuts: list[_Cut]) -> Any:
    for block, cut in zip(blocks, cuts, strict=True):
        if len(block) != cut.length:
            raise usage_error("length", f"a block of {len(block)} rows where X has {cut.length}", "as many")
    pieces = [block[cut.first : cut.end] for block, cut in zip(blocks, cuts, strict=True)]
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _make_rows(
    cuts: list[_Cut],
    X: list[Any],
    y: list[Any],
    sample_weight: list[Any] | None,
    classes: Array,
    names: list[str] | None,
    threads: int | None,
) -> _Rows:
    """The rows of these blocks that `cuts` names, one after the other."""
    rows = _joined([block if names is None else _numbers(block) for block in X], cuts)
    assert_all_finite(rows, input_name="X")
    labels = _joined([labels_array(block) for block in y], cuts)
    numbers = np.searchsorted(classes, labels).astype(np.int32).clip(max=len(classes) - 1)
    if not (classes[numbers] == labels).all():
        raise usage_error("y", "labels that change whenever they are computed", "the same again", "client.persist(y)")
    weight = None
    if sample_weight is not None:
        weight = _joined([np.asarray(block, dtype=np.float64) for block in sample_weight], cuts)
    return _Rows(rows, numbers, weight, classes.tolist(), names, threads)


def _numbers(frame: Any) -> Array:
    types = [getattr(dtype, "numpy_dtype", dtype) for dtype in frame.dtypes]  # of those that know missing numbers
    array: Array = frame.to_numpy(dtype=np.result_type(*types), na_value=np.nan)
    return array


def _blocks_of(values: Any) -> list[Any]:
    """The pieces of rows of an array or a frame of Dask, or of one column."""
    return list(np.ravel(np.asarray(values.to_delayed(), dtype=object)))


def _lengths(client: Client, X: Any, blocks: list[Any]) -> list[int]:
    if isinstance(X, da.Array) and not np.isnan(X.shape[0]):
        return list(X.chunks[0])
    lengths: list[int] = client.gather(client.compute([delayed(len)(block) for block in blocks]))
    return lengths


def _beside(values: Any, lengths: list[int], name: str) -> list[Any]:
    """Labels or weights in blocks like those of the rows."""
    if not hasattr(values, "dask"):
        values = da.from_array(np.asarray(values), chunks=-1)
    if isinstance(values, da.Array):
        values = values.compute_chunk_sizes() if np.isnan(values.shape[0]) else values
        if values.shape[0] != sum(lengths):
            raise usage_error(name, f"{name} of {values.shape[0]} rows, and X of {sum(lengths)}", "one for each row")
        values = values.rechunk({0: tuple(lengths)})
    blocks = _blocks_of(values)
    if len(blocks) != len(lengths):
        found = f"{name} in {len(blocks)} partitions, and X in {len(lengths)}"
        raise usage_error(name, found, "the same rows in each", f"{name}.to_dask_array(lengths=True)")
    return blocks


class _Channel:
    """The way to the rows of one part."""

    def __init__(self, team: _Team, part: int) -> None:
        self._team, self._part = team, part

    def submit(self, task: bytes) -> None:
        self._team.asked[self._part] = task

    def result(self) -> bytes:
        return self._team.result(self._part)


class _Team:
    """Parts of the rows, and tasks about them: all that are asked at once go out together, and come back so.

    A task goes to the worker that has the rows, by way of the scheduler, which takes a third of the time of scheduling
    it. Where it is lost, it is Dask that makes the rows anew and runs it. Each step may be interrupted, and done again.
    """

    def __init__(self, client: Client, parts: Sequence[Any]) -> None:
        self.asked: dict[int, bytes] = {}
        self._client, self._parts = client, parts
        self._places: dict[int, str] = {}
        self._threads = ThreadPoolExecutor(4 * len(parts), "poise.dask")  # some may wait for the dead
        self._sent: dict[int, tuple[bytes, str, Any]] = {}
        self._scheduled: dict[int, Any] = {}
        self._found: dict[int, bytes] = {}

    def channels(self) -> list[_Channel]:
        return [_Channel(self, part) for part in range(len(self._parts))]

    def result(self, part: int) -> bytes:
        for asked, task in list(self.asked.items()):
            self._found.pop(asked, None)
            self._send(asked, task)
            del self.asked[asked]
        for sent in list(self._sent):
            self._receive(sent)
        if self._scheduled:
            self._found.update(self._client.gather(self._scheduled))
            self._scheduled = {}
            self._look_for_rows()
        return self._found[part]

    def _send(self, part: int, task: bytes) -> None:
        if (place := self._places.get(part)) is None:
            return self._schedule(part, task)
        key, run = self._parts[part].key, self._client.run
        self._sent[part] = task, place, self._threads.submit(run, _run_here, key=key, task=task, workers=[place])

    def _schedule(self, part: int, task: bytes) -> None:
        with warnings.catch_warnings():  # parameters of 10 MB are no "large graph"
            warnings.filterwarnings("ignore", message="Sending large graph")
            self._scheduled[part] = self._client.submit(_run, self._parts[part], task, pure=False)

    def _receive(self, part: int) -> None:
        task, place, sent = self._sent[part]
        try:
            while not wait([sent], timeout=0.5).done:
                if place not in self._client.nthreads():
                    break
            found = sent.result(timeout=0)[place]
        except Exception:  # whatever has become of the worker: what is wrong with the task shows there, too
            found = None
        if found is None:
            self._places.pop(part, None)
            self._schedule(part, task)
        else:
            self._found[part] = found
        del self._sent[part]

    def _look_for_rows(self) -> None:
        """Of those that are on several workers one is taken that has few of the others."""
        known = self._client.who_has(self._parts)
        self._places = {}
        for part, future in enumerate(self._parts):
            taken = list(self._places.values())
            if places := known.get(future.key):
                self._places[part] = min(places, key=taken.count)


class _DealtOut:
    """Rows that the workers have, in parts."""

    def __init__(
        self, X: Any, y: Any, sample_weight: Any, client: Client | None, parts: int | None, threads: int | None
    ) -> None:
        client = default_client() if client is None else client
        self.names = _column_names(X)
        self.features = int(X.shape[1])
        blocks = _blocks_of(X.rechunk({1: -1}) if isinstance(X, da.Array) else X)
        lengths = _lengths(client, X, blocks)
        labels = _beside(y, lengths, "y")
        weights = None if sample_weight is None else _beside(sample_weight, lengths, "sample_weight")
        self.classes = np.unique(np.concatenate(client.gather(client.compute([delayed(_classes)(b) for b in labels]))))
        check_classification_targets(self.classes)
        if len(self.classes) < 2:
            raise usage_error("one_class", f"{len(self.classes)} class in y", "two or more")
        workers = len(client.nthreads())
        if not workers:
            raise usage_error("client", "a cluster without workers", "one worker or more")
        bounds = _poise.chunk_bounds(sum(lengths), self.features)
        count = min(parts or workers, len(bounds) - 1)
        making = []
        for part in range(count):
            cuts = _cuts(lengths, *(bounds[k * (len(bounds) - 1) // count] for k in (part, part + 1)))

            def here(blocks: list[Any], cuts: list[_Cut] = cuts) -> list[Any]:
                return [blocks[cut.block] for cut in cuts]

            beside = here(labels), None if weights is None else here(weights)
            making.append(delayed(_make_rows)(cuts, here(blocks), *beside, self.classes, self.names, threads))
        # Which worker makes which part is for Dask to choose: what is restricted to workers, even loosely, waits for
        # ever where these have died.
        team = _Team(client, client.compute(making))
        self.workers = _poise.Workers(team.channels())
        self.data = self.workers.rows()


def _column_names(X: Any) -> list[str] | None:
    """None where columns have none."""
    if len(getattr(X, "shape", ())) != 2 or not hasattr(X, "dask"):
        raise usage_error("X", f"X of type {type(X).__name__}", "an array or a frame of Dask, rows by features")
    if isinstance(X, da.Array):
        return None
    names = [str(name) for name in X.columns]
    kinds = {name: dtype for name, dtype in zip(names, X.dtypes, strict=True) if dtype.kind not in "iuf"}
    if kinds:
        found = ", ".join(f"'{name}' ({dtype})" for name, dtype in list(kinds.items())[:5])
        raise usage_error("type", f"columns {found}", "numbers", "dask.dataframe.get_dummies makes them")
    return names


def train(
    X: Any,
    y: Any,
    sample_weight: Any = None,
    *,
    client: Client | None = None,
    parts: int | None = None,
    threads: int | None = None,
    **options: Any,
) -> Training:
    """:func:`poise.train` of a softmax layer on rows that the workers of a Dask cluster have.

    Parameters
    ----------
    X : dask.array.Array or dask.dataframe.DataFrame of shape (n, d)
    y, sample_weight : of shape (n,)
        Of Dask, or in memory.
    client : distributed.Client, optional
        By default the one made last.
    parts, threads : int, optional
        As `parts` and `n_threads` of :class:`SoftmaxClassifier`.
    **options
        Of :func:`poise.train`: ``l2``, ``l2_path``, ``out="DIRECTORY"``, ``on_event``, …; ``test``, ``validation``:
        rows in memory or files of the same columns and classes. Options that go through the rows in another way than
        a solve and its proof do are refused: telemetry, and folds (``l2="auto"``).

    Returns
    -------
    Training
        Without measurements of the rows trained on.
    """
    rows = _DealtOut(X, y, sample_weight, client, parts, threads)
    return run(rows.data, workers=rows.workers, threads=threads, **options)


class SoftmaxClassifier(estimators.SoftmaxClassifier):
    r""":class:`poise.SoftmaxClassifier` for rows that the workers of a Dask cluster have.

    Parameters
    ----------
    client : distributed.Client, optional
        By default the one made last.
    parts : int, optional
        Into how many parts the rows are divided, at most 32. By default as many as there are workers when `fit`
        begins. With more, workers that come later can take some of them.
    l2 : float, optional
        As in :class:`poise.SoftmaxClassifier`, above 0. "auto" and "loo" want the rows in one process.
    n_threads : int, optional
        Of each worker. By default as many as it was begun with.
    C, scale, tolerance, solver, class_weight, label_smoothing, max_iter, time_limit, warm_start
        As in :class:`poise.SoftmaxClassifier`.

    Attributes
    ----------
    coef_, intercept_, certificate_, history_, l2_, model_, classes_, n_features_in_, feature_names_in_, n_iter_
        As in :class:`poise.SoftmaxClassifier`, to the same bits, with any number of workers of the same processors, for
        the same numbers in the same order. (Of two or three classes and rows that are mostly zeros the last digits
        differ: then the optimum is the same to within the gap.)

    Notes
    -----
    Rows are cut where the chunks of one process begin and copied to the part they belong to: the cluster has them once
    more than before. What it costs to make them is paid again for the labels, unless they were persisted. A worker that
    dies ends nothing: Dask makes its rows anew on another, from what they were made of, and the solve goes on to the
    same bits. Rows that were scattered, which nothing can make anew, are lost with it: the fit fails.
    """

    def __init__(
        self,
        client: Client | None = None,
        *,
        parts: int | None = None,
        l2: float | None = None,
        C: float | None = None,
        scale: str = "auto",
        tolerance: float = 1e-8,
        solver: str = "auto",
        class_weight: Any = None,
        label_smoothing: float = 0.0,
        max_iter: int | None = None,
        time_limit: float | None = None,
        warm_start: bool = False,
        n_threads: int | None = None,
    ) -> None:
        super().__init__(
            l2=l2,
            C=C,
            scale=scale,
            tolerance=tolerance,
            solver=solver,
            class_weight=class_weight,
            label_smoothing=label_smoothing,
            max_iter=max_iter,
            time_limit=time_limit,
            warm_start=warm_start,
            n_threads=n_threads,
        )
        self.client = client
        self.parts = parts

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> SoftmaxClassifier:
        """Solves for rows X (n, d), an array or frame of Dask, with labels y (n,) and weights (n,)."""
        if isinstance(self.l2, str):
            raise usage_error("l2", f"l2 is {self.l2!r} for rows of a cluster", "a number above 0")
        start = self._model_to_start_from()
        rows = _DealtOut(X, y, sample_weight, self.client, self.parts, self.n_threads)
        self.classes_, self.n_features_in_ = rows.classes, rows.features
        self.__dict__.pop("feature_names_in_", None)
        if rows.names is not None:
            self.feature_names_in_ = np.asarray(rows.names, dtype=object)
        self._solve(rows.data, start, rows.workers)
        return self

    def decision_function(self, X: Any) -> Any:
        """Scores of rows (n, d): (n, K), or (n,) for two classes; of Dask's rows an array of Dask, not yet computed."""
        return self._by_blocks("decision_function", X)

    def predict(self, X: Any) -> Any:
        """The most probable class of each row; of Dask's rows an array of Dask."""
        return self._by_blocks("predict", X)

    def predict_proba(self, X: Any) -> Any:
        """Probabilities of ``classes_``, (n, K); of Dask's rows an array of Dask."""
        return self._by_blocks("predict_proba", X)

    def predict_log_proba(self, X: Any) -> Any:
        """Their logarithms."""
        return self._by_blocks("predict_log_proba", X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy."""
        found, y, weight = (compute(each)[0] for each in (self.predict(X), y, sample_weight))
        return float(accuracy_score(y, found, sample_weight=weight))

    def _by_blocks(self, method: str, X: Any) -> Any:
        """What `method` gives of rows, block by block where they are."""
        check_is_fitted(self)
        local = estimators.SoftmaxClassifier(n_threads=self.n_threads)
        fitted = ("model_", "classes_", "n_features_in_", "feature_names_in_")
        local.__dict__.update({name: getattr(self, name) for name in fitted if hasattr(self, name)})
        if not hasattr(X, "dask"):
            return getattr(local, method)(X)
        is_wide = method.startswith("predict_") or (method == "decision_function" and len(self.classes_) > 2)
        tail = (len(self.classes_),) if is_wide else ()
        dtype = self.classes_.dtype if method == "predict" else np.dtype(np.float64)
        lengths = X.chunks[0] if isinstance(X, da.Array) else [np.nan] * X.npartitions
        X = X.rechunk({1: -1}) if isinstance(X, da.Array) else X
        found = [
            da.from_delayed(delayed(_call)(local, method, block), shape=(length, *tail), dtype=dtype)
            for block, length in zip(_blocks_of(X), lengths, strict=True)
        ]
        return da.concatenate(found, allow_unknown_chunksizes=True)

    def __getstate__(self) -> Any:
        """Without the client, which belongs to this process."""
        return {**super().__getstate__(), "client": None}

    def __sklearn_clone__(self) -> SoftmaxClassifier:
        return type(self)(**self.get_params(deep=False))


def _call(estimator: Any, method: str, block: Any) -> Any:
    return getattr(estimator, method)(block)
