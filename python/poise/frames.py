"""Frames of pandas, polars, pyarrow and whatever hands tables on as Arrow does, without importing any of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from . import _poise
from ._poise import Dataset
from .errors import usage_error

#: Options of reading that make sense of a table that is no file.
READING = (
    "label",
    "ignore",
    "categorical",
    "numeric",
    "sample_weight",
    "missing",
    "missing_values",
    "min_category_rows",
    "unknown_category",
    "strip_label_dot",
)

_Column = tuple[str, npt.NDArray[Any], "list[str] | None", bool]


def is_frame(values: Any) -> bool:
    """Whether it has rows and named columns."""
    if _is_pandas(values):
        return getattr(values, "ndim", 0) == 2
    named = hasattr(values, "column_names") or hasattr(values, "columns")
    return named and hasattr(values, "__arrow_c_stream__")


def _is_pandas(values: Any) -> bool:
    return type(values).__module__.partition(".")[0] == "pandas"


def _columns(frame: Any) -> list[Any]:
    return list(frame.columns if _is_pandas(frame) or not hasattr(frame, "column_names") else frame.column_names)


def column_names(frame: Any) -> list[str]:
    return [str(name) for name in _columns(frame)]


def names_of(frame: Any) -> list[str] | None:
    """Names that are text; None where columns have numbers. Both together are refused, as scikit-learn does."""
    names = _columns(frame)
    texts = [name for name in names if isinstance(name, str)]
    if texts and len(texts) < len(names):
        raise TypeError("Feature names are only supported if all input features have string names.")
    return texts or None


def read_frame(
    frame: Any,
    options: dict[str, Any],
    *,
    features_only: bool,
    like: Dataset | _poise.Model | None = None,
    sample_weight: npt.NDArray[np.float64] | None = None,
) -> Dataset:
    """The data set that the CSV of the frame would be; with `like`, by the schema of that."""
    unknown = [name for name in options if name not in READING]
    if unknown:
        raise usage_error("unknown_option", f"'{unknown[0]}' for a frame", f"one of {', '.join(READING)}")
    source = _pandas_columns(frame) if _is_pandas(frame) else frame.__arrow_c_stream__()
    if like is not None:
        options = {"unknown_category": "error", **options}
    return _poise.frame(source, options, features_only, like, sample_weight)


def _pandas_columns(frame: Any) -> list[_Column]:
    return [_pandas_column(str(name), frame.iloc[:, k]) for k, name in enumerate(frame.columns)]


def _pandas_column(name: str, series: Any) -> _Column:
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    if hasattr(series, "cat"):
        words = [str(word) for word in series.cat.categories.tolist()]
        return name, series.cat.codes.to_numpy().astype(np.int32), words, False
    if kind in "iuf" and isinstance(dtype, np.dtype):
        numbers = series.to_numpy()
        return name, numbers.astype(np.float32) if dtype == np.float16 else _native(numbers), None, False
    if kind in "iuf":  # a type of pandas that knows missing numbers, or that leaves zeros out
        if not series.isna().any() and kind in "iu":
            return name, _native(series.to_numpy(dtype=kind + "8")), None, False
        return name, series.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), None, False
    if kind == "b":
        return _truth(name, series)
    if kind in "OTUS" or str(dtype).startswith(("string", "str")):
        return _objects(name, series)
    hint = "take the year, the month, … as numbers, or cast it to text" if kind in "mM" else "cast it to numbers"
    expected = "numbers, text, categories or truth values"
    raise usage_error("type", f"column '{name}' is of type {dtype}", expected, hint)


def _native(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return numbers.astype(numbers.dtype.newbyteorder("="), copy=False)


def _truth(name: str, series: Any) -> _Column:
    missing = series.isna().to_numpy()
    codes = series.astype("boolean").fillna(False).to_numpy(dtype=bool).astype(np.int32)
    codes[missing] = -1
    return name, codes, ["False", "True"], True


def _objects(name: str, series: Any) -> _Column:
    """Text; or numbers or truth values that stand in a column of objects."""
    codes, found = series.factorize()
    values = found.tolist()
    if values and all(isinstance(value, (bool, np.bool_)) for value in values):
        return _truth(name, series)
    if all(isinstance(value, (int, float, np.integer, np.floating)) for value in values):
        numbers = np.array([*values, np.nan], dtype=np.float64)
        return name, numbers[codes], None, False
    return name, codes.astype(np.int32), [str(value) for value in values], False


def labels_array(y: Any) -> npt.NDArray[Any]:
    """Labels of any kind as one array: a list, a column, a frame of one column. Missing ones are refused."""
    if is_frame(y):
        if len(column_names(y)) != 1:
            return np.asarray(y.to_numpy() if hasattr(y, "to_numpy") else y)
        y = y.iloc[:, 0] if _is_pandas(y) else y[column_names(y)[0]]
    values = np.asarray(y)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    missing = [
        row for row, value in enumerate(values.tolist() if values.dtype.kind in "OfmM" else ()) if _is_missing(value)
    ]
    if values.ndim == 1 and missing:
        rows = f"row {missing[0]} (from 0)" if len(missing) == 1 else f"{len(missing)} rows, the first {missing[0]}"
        raise usage_error("missing_label", f"the label of {rows} is missing, NaN or null", "a label in every row")
    return values


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value
