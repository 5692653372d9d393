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
from .frames import is_frame, labels_array, read_frame

Array: TypeAlias = npt.NDArray[Any]
Path: TypeAlias = "str | os.PathLike[str]"

#: Types that the library computes with as they are.
STORED = (np.float64, np.float32, np.uint8, np.int16, np.int32, np.float16)
#: Others, and the smallest of those that holds all their numbers. 64 bits are looked at number by number.
_HELD_BY = {"b1": np.uint8, "i1": np.int16, "u2": np.int32, "u4": np.float64}


def threads(asked: int | None) -> int:
    """How many threads to use: as asked, or as ``OMP_NUM_THREADS`` says (joblib sets it in its workers), else all."""
    if asked is not None:
        return int(asked)
    try:
        return max(int(os.environ.get("OMP_NUM_THREADS", "0").split(",")[0]), 0)
    except ValueError:
        return 0


def _array(values: Any) -> Any:
    """An array of a stored type, with the same numbers: `values` itself where it is one, in any order."""
    if is_tensor(values):
        return _tensor(values)
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
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    whole = array.flags.aligned and all(stride % array.itemsize == 0 for stride in array.strides)
    return array if whole else array.copy(order="C")


def is_tensor(values: Any) -> bool:
    """Whether it is an array of another library than numpy, such as torch, that can be looked at by DLPack."""
    return (
        hasattr(values, "__dlpack__")
        and not isinstance(values, np.ndarray)
        and not hasattr(values, "__arrow_c_stream__")
    )


def _tensor(values: Any) -> Any:
    """What the library looks at itself; other types by way of numpy."""
    if values.ndim != 2:
        raise usage_error("shape", f"an array of {values.ndim} dimensions", "rows by features")
    if values.__dlpack_device__()[0] != 1:
        raise usage_error("device", f"a tensor on {values.device}", "one in the memory of the CPU", "tensor.cpu()")
    values = values.detach() if getattr(values, "requires_grad", False) else values
    name = str(values.dtype).rpartition(".")[2]
    return values if name in (*(each.__name__ for each in STORED), "bfloat16") else _array(np.from_dlpack(values))


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
    if is_bfloat16 := str(getattr(features, "dtype", "")) == "bfloat16":
        features = features.view(np.uint16)  # numpy knows it by ml_dtypes alone
    array = features if is_bfloat16 else _array(features)
    return _poise.dense(array, classes, None if names is None else [str(n) for n in names], name, is_bfloat16)


def labels_of(y: Any, classes: Sequence[Any] | None = None) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Labels as numbers of classes, and the classes' names in order."""
    values = labels_array(y)
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
    **options: Any,
) -> Dataset:
    """Rows in memory as a data set.

    Parameters
    ----------
    X : array, tensor, sparse matrix or frame of shape (n, d)
        uint8, int16, int32, float16, float32 and float64, in whatever order, are looked at where they are, as are
        tensors of torch and others on the CPU, bfloat16 too: no copy is made, and the numbers must not change while
        the data set lives. Other types are copied, once and without rounding. Compressed sparse rows of float32 are
        looked at, too; float64 that float32 holds becomes that, indices of 64 bits become 32. Frames of pandas,
        polars, pyarrow and others that export Arrow's C stream are read as the CSV of the same table would be, so
        text, categories and truth values become categories, and missing values are marked and filled in.
    y : array of shape (n,) or (n, K), optional
        Labels of any type, or float rows that are distributions over the `classes`.
    sample_weight : array of shape (n,), optional
        Not negative. Only their ratios matter to the mean loss.
    classes : sequence, optional
        Classes in order. By default the sorted labels, or numbers from 0 for distributions.
    **options
        Of a frame: ``missing``, ``missing_values``, ``min_category_rows``, ``ignore``, ``categorical`` and ``numeric``,
        as in :func:`read`. With ``label="column"`` instead of `y`, label and (as ``sample_weight="column"``) weights
        are columns of the frame, and what a file's reader leaves out, such as numbers of rows, is left out.

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
    if is_frame(X):
        if feature_names is not None:
            raise usage_error("feature_names", "names for a frame, which has its own", "no feature_names")
        if y is None and ("label" in options or isinstance(sample_weight, str)):
            return read_frame(X, {**options, "sample_weight": sample_weight}, features_only=False)
    elif options:
        raise usage_error("unknown_option", f"'{next(iter(options))}' for an array", "an option of frames with a frame")
    targets = labels = None
    names: list[str] = [] if classes is None else [str(c) for c in classes]
    if y is not None and np.ndim(y) == 2 and np.shape(y)[1] > 1:
        targets = np.ascontiguousarray(y, dtype=np.float64)
        names = names or [str(k) for k in range(targets.shape[1])]
    elif y is not None:
        labels, names = labels_of(y, classes)
    if sample_weight is not None:
        sample_weight = np.ascontiguousarray(sample_weight, dtype=np.float64)
    if is_frame(X):
        data = read_frame(X, options, features_only=True, sample_weight=sample_weight)
        data.set_classes(names)
    else:
        data = _rows(X, names, feature_names, name)
    if labels is not None:
        data.set_labels(labels)
    if targets is not None:
        data.set_targets(targets)
    if sample_weight is not None:
        data.set_sample_weight(sample_weight)
    return data


def read(source: Any, **options: Any) -> Dataset:
    """Reads a file, or a known set such as ``digits``, as ``poise train`` does.

    Parameters
    ----------
    source : path, name or frame
        CSV and similar tables, LIBSVM, NPY or IDX, each also compressed with gzip.
    **options
        ``label``, ``ignore``, ``categorical``, ``numeric``, ``sample_weight``, ``labels`` (a file of them), ``missing``
        (``error``, ``mean`` or ``category``), ``missing_values``, ``min_category_rows``, ``delimiter``, ``comment``,
        ``quote``, ``decimal``, ``header``, ``strip_label_dot``, ``data_dir``: as the command line has them
        (docs/data.md). ``memory``: bytes that may stay in memory, by default half of what is free; a larger file is
        read from the disk whenever it is gone through (docs/data.md#memory).

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
    if is_frame(source):
        return read_frame(source, options, features_only=False)
    return _poise.read(os.fspath(source), options)
