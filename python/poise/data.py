"""Data sets: arrays, sparse matrices and frames as they are, and files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _poise
from ._poise import Dataset as Dataset
from .errors import usage_error

Array: TypeAlias = npt.NDArray[Any]
Path: TypeAlias = "str | os.PathLike[str]"

#: Types that the library computes with as they are.
STORED = (np.float64, np.float32, np.uint8, np.int16, np.int32)
#: Others, and the smallest of those that holds all their numbers. 64 bits are looked at number by number.
_HELD_BY = {"b1": np.uint8, "i1": np.int16, "u2": np.int32, "f2": np.float32, "u4": np.float64}


def threads(asked: int | None) -> int:
    """How many threads to use: as asked, or as ``OMP_NUM_THREADS`` says (joblib sets it in its workers), else all."""
    if asked is not None:
        return int(asked)
    try:
        return max(int(os.environ.get("OMP_NUM_THREADS", "0").split(",")[0]), 0)
    except ValueError:
        return 0


def _array(values: Any) -> Array:
    """A C-contiguous array of a stored type, with the same numbers: `values` itself where it is one."""
    array = np.asarray(values)
    if array.ndim != 2:
        raise usage_error("shape", f"an array of {array.ndim} dimensions", "rows by features")
    kind = array.dtype.kind + str(array.dtype.itemsize)
    if array.dtype.type not in STORED:
        if kind in _HELD_BY:
            array = array.astype(_HELD_BY[kind])
        elif kind in ("i8", "u8"):
            rounded = array.astype(np.float64)
            if array.size and max(abs(int(array.max())), abs(int(array.min()))) > 2**53:
                raise usage_error("integers", "whole numbers beyond 2^53", "numbers that float64 holds exactly")
            array = rounded
        else:
            raise usage_error("type", f"features of type {array.dtype}", "numbers", "encode text as numbers first")
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False))


def _columns(frame: Any) -> tuple[Array, list[str]] | None:
    """The numbers and column names of a frame of pandas, polars or pyarrow; None for anything else."""
    if hasattr(frame, "column_names") and hasattr(frame, "columns"):  # pyarrow: each column is an array
        names = [str(name) for name in frame.column_names]
        columns = [np.asarray(column) for column in frame.columns]
        _refuse_text(names, columns)
        return np.column_stack(columns), names
    if hasattr(frame, "columns") and hasattr(frame, "to_numpy"):
        names = [str(name) for name in frame.columns]
        array = frame.to_numpy()
        if array.dtype.kind not in "biuf":
            _refuse_text(names, [np.asarray(frame[name]) for name in frame.columns])
            array = array.astype(np.float64)
        return array, names
    return None


def _refuse_text(names: list[str], columns: list[Array]) -> None:
    for name, column in zip(names, columns, strict=True):
        if column.dtype.kind not in "biuf":
            raise usage_error(
                "type",
                f"column '{name}' is of type {column.dtype}",
                "numbers",
                "write the frame to a file: poise.read and poise.train encode its categories",
            )


def _csr(matrix: Any) -> Any:
    """Compressed rows whose columns ascend."""
    rows = matrix.tocsr()
    if rows.dtype.type not in (np.float32, np.float64):
        rows = rows.astype(np.float64)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows


def _rows(features: Any, classes: list[str], names: Sequence[str] | None, name: str) -> Dataset:
    if hasattr(features, "tocsr"):
        m = _csr(features)
        return _poise.sparse(
            np.ascontiguousarray(m.data),
            np.ascontiguousarray(m.indices, dtype=np.int32),
            np.ascontiguousarray(m.indptr, dtype=np.int64),
            m.shape[1],
            classes,
            name,
        )
    frame = _columns(features)
    if frame is not None:
        features, names = frame[0], names if names is not None else frame[1]
    return _poise.dense(_array(features), classes, None if names is None else [str(n) for n in names], name)


def labels_of(y: Any, classes: Sequence[Any] | None = None) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Labels as numbers of classes, and the classes' names in order."""
    values = np.asarray(y)
    if classes is None:
        found, numbers = np.unique(values, return_inverse=True)
        return numbers.astype(np.int32), [str(name) for name in found.tolist()]
    known = [str(name) for name in classes]
    number_of = {name: number for number, name in enumerate(known)}
    try:
        return np.array([number_of[str(label)] for label in values.tolist()], dtype=np.int32), known
    except KeyError as unknown:
        raise usage_error("unknown_class", f"the label {unknown}", f"one of {', '.join(known[:10])}") from None


def dataset(
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    classes: Sequence[Any] | None = None,
    feature_names: Sequence[str] | None = None,
    name: str = "array",
) -> Dataset:
    """Rows in memory as a data set.

    Parameters
    ----------
    X : array, sparse matrix or frame of shape (n, d)
        C-contiguous uint8, int16, int32, float32 and float64 are looked at where they are: no copy is made, and the
        numbers must not change while the data set lives. Other arrays are copied, once and without rounding. Sparse
        matrices are copied as compressed rows. Frames of pandas, polars and pyarrow need numeric columns.
    y : array of shape (n,) or (n, K), optional
        Labels of any type, or float rows that are distributions over the `classes`.
    sample_weight : array of shape (n,), optional
        Not negative. Only their ratios matter to the mean loss.
    classes : sequence, optional
        Classes in order. By default the sorted labels, or numbers from 0 for distributions.

    Raises
    ------
    PoiseError
        For other types and shapes, and for labels that are not among `classes`.

    Examples
    --------
    >>> import numpy as np, poise
    >>> data = poise.dataset(np.eye(3, dtype=np.float32), ["a", "b", "a"])
    >>> data.rows, data.classes, data.labels.tolist()
    (3, ['a', 'b'], [0, 1, 0])
    """
    targets = labels = None
    names: list[str] = [] if classes is None else [str(c) for c in classes]
    if y is not None and np.ndim(y) == 2:
        targets = np.ascontiguousarray(y, dtype=np.float64)
        names = names or [str(k) for k in range(targets.shape[1])]
    elif y is not None:
        labels, names = labels_of(y, classes)
    data = _rows(X, names, feature_names, name)
    if labels is not None:
        data.set_labels(labels)
    if targets is not None:
        data.set_targets(targets)
    if sample_weight is not None:
        data.set_sample_weight(np.ascontiguousarray(sample_weight, dtype=np.float64))
    return data


def read(source: Path, **options: Any) -> Dataset:
    """Reads a file, or a known set such as ``digits``, as ``poise train`` does.

    Parameters
    ----------
    source : path or name
        CSV and similar tables, LIBSVM, NPY or IDX, each also compressed with gzip.
    **options
        ``label``, ``ignore``, ``categorical``, ``numeric``, ``sample_weight``, ``labels`` (a file of them), ``missing``
        (``error``, ``mean`` or ``category``), ``missing_values``, ``min_category_rows``, ``delimiter``, ``comment``,
        ``quote``, ``decimal``, ``header``, ``strip_label_dot``, ``data_dir``: as the command line has them
        (docs/data.md).

    Raises
    ------
    PoiseError
        With file, line and column of what is wrong.

    Examples
    --------
    >>> import poise
    >>> digits = poise.read("digits")
    >>> digits.rows, digits.features.shape, digits.features.dtype.name
    (1347, (1347, 64), 'uint8')
    """
    return _poise.read(os.fspath(source), options)
