"""A whole training run as one function: what ``poise train`` does."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from . import _poise
from .data import Dataset, dataset, threads
from .errors import in_python, usage_error
from .frames import READING, is_frame, read_frame
from .model import Certificate, Model

Event = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Training:
    """What came of a run.

    Attributes
    ----------
    model : Model
    figures : dict
        What ``poise train --json`` prints: status, objective, gap, measurements of all parts, seconds, …
    history : list of dict
        Events in order, as in ``metrics.jsonl``: an iteration of a solve or an epoch of a network each, and messages.
    """

    model: Model
    figures: dict[str, Any]
    history: list[Event]

    @property
    def status(self) -> str:
        """``certified``, ``converged``, ``separable``, …; of a network ``finished``, ``at_rest``, …"""
        return str(self.figures["status"])

    @property
    def why(self) -> str:
        """The status as a sentence."""
        return str(self.figures["why"])

    @property
    def certificate(self) -> Certificate:
        """Of a softmax layer. A network has none: its gap is None."""
        objective = self.figures["objective"]
        return Certificate.of({**self.figures, "objective": float("nan") if objective is None else objective})

    @property
    def notices(self) -> list[str]:
        """All that is odd about data, options and result, a sentence each."""
        return [in_python(notice) for notice in self.figures["notices"]]

    @property
    def directory(self) -> str | None:
        """Where the run was written, if it was."""
        return self.figures["run"] or None

    def __repr__(self) -> str:
        return f"<poise.Training {self.model.architecture}: {self.status}>"

    def _repr_html_(self) -> str:
        """Notebooks show the report of a run that was written, else its verdict and what it is worth."""
        if self.directory is not None:
            from .report import report

            return report(self)._repr_html_()
        names = ("accuracy", "cross_entropy", "mean_squared_error", "explained_variance")
        parts = {part: self.figures.get(part) or {} for part in ("train", "validation", "test")}
        shown = [name for name in names if any(name in part for part in parts.values())]
        rows = [("", *(name.replace("_", " ") for name in shown))]
        rows += [(part, *(f"{of[name]:.6g}" for name in shown)) for part, of in parts.items() if of]
        table = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        verdict = f"<b>{escape(self.status)}</b>: {escape(self.why)}"
        return f"<p>{escape(self.model.architecture)}<br>{verdict}</p><table>{table if shown else ''}</table>"


def train(
    data: Any,
    y: Any = None,
    *,
    test: Any = None,
    validation: Any = None,
    start: Model | None = None,
    on_event: Callable[[Event], object] | None = None,
    workers: _poise.Workers | None = None,
    **options: Any,
) -> Training:
    """Reads or takes the data, holds rows out, chooses the penalty, trains, calibrates and measures.

    Parameters
    ----------
    data : path, name, Dataset, frame, or array or frame with `y`
        A frame without `y` holds the label, too: the column named ``label=``, or as a CSV.
    test, validation : path, Dataset or frame, optional
        Rows to measure and to choose by; `validation` may be a share of the rows, too.
    start : Model, optional
        A softmax layer to start from.
    on_event : callable, optional
        Is given each event as a dict; a true answer ends the run, as Ctrl-C does. The model so far is kept.
    workers : Workers, optional
        Processes that have the rows of `data`; :mod:`poise.dask` makes both.
    **options
        Those of the command line with ``_`` for ``-``, listed in docs/python.md. ``out=DIRECTORY`` writes a run
        directory.

    Raises
    ------
    PoiseError
        For options and data that make no sense and for files; not for a result that is disappointing.

    Examples
    --------
    >>> import poise
    >>> run = poise.train("digits", l2=1e-3)
    >>> run.status, run.certificate.gap < 1e-8
    ('certified', True)
    """
    reading = {name: options[name] for name in READING if name in options}
    if is_frame(data) and y is None:
        data = read_frame(data, reading, features_only=False)
    elif not isinstance(data, (str, os.PathLike, Dataset)):
        data = dataset(data, y, **(reading if is_frame(data) else {}))
    test, validation = (_like(data, rows, reading) for rows in (test, validation))
    options["threads"] = threads(options.get("threads"))
    begin = None if start is None else start._network
    network, figures, history = _poise.train(
        _source(data), _source(test), _source(validation), options, begin, on_event, workers
    )
    return Training(Model(network), figures, history)


def _like(data: Any, rows: Any, reading: dict[str, Any]) -> Any:
    """Frames beside the rows trained on have their columns."""
    if not is_frame(rows):
        return rows
    if not isinstance(data, Dataset):
        raise usage_error("frame", "a frame beside a file to train on", "both of one kind", "poise.read the file")
    reading = {name: value for name, value in reading.items() if name != "min_category_rows"}
    return read_frame(rows, reading, features_only=False, like=data)


def _source(data: Any) -> Any:
    return os.fspath(data) if isinstance(data, os.PathLike) else data
