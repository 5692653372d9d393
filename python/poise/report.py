"""Run directories as a page that opens anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from ._poise import report_of
from .training import Training

Run: TypeAlias = "str | os.PathLike[str] | Training"


class Report:
    """A report of one run, or of several beside each other; notebooks show it.

    Attributes
    ----------
    html : str
        One page that needs no other file and no network.
    markdown : str
        The same facts.
    """

    def __init__(self, html: str, markdown: str) -> None:
        self.html = html
        self.markdown = markdown

    def __repr__(self) -> str:
        return self.markdown.partition("\n")[0].removeprefix("# ").join(("<Report: ", ">"))

    def _repr_html_(self) -> str:
        """In a frame, so that its style and its script stay its own."""
        frame = 'title="Poise report" sandbox="allow-scripts" style="width: 100%; height: 42rem; border: 0"'
        return f'<iframe {frame} srcdoc="{escape(self.html)}"></iframe>'


def report(runs: Run | Iterable[Run], path: str | os.PathLike[str] | None = None) -> Report:
    """Reads what ``poise.train`` or ``poise train`` has written and makes a report of it.

    Parameters
    ----------
    runs : path, Training, or several of them
        Run directories, or what came of a run with ``out``.
    path : path, optional
        To write the page to; its Markdown goes beside it.
    """
    several = [runs] if isinstance(runs, (str, os.PathLike, Training)) else list(runs)
    made = Report(*report_of([_directory_of(run) for run in several]))
    if path is not None:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(made.html)
        with open(os.path.splitext(path)[0] + ".md", "w", encoding="utf-8", newline="\n") as file:
            file.write(made.markdown)
    return made


def _directory_of(run: Run) -> str:
    if not isinstance(run, Training):
        return os.fspath(run)
    if run.directory is None:
        raise ValueError("this run was not written; expected poise.train(…, out=…)")
    return run.directory
