"""What Poise raises, and when: results that disappoint are results, not errors."""

from __future__ import annotations

import re
from typing import Any

_OPTION = re.compile(r"(?<![\w-])--(no-)?([a-z][a-z0-9]*(?:-[a-z0-9]+)*)")
_VALUE_OF = re.compile(r"([a-z][a-z0-9_]*) is (?!')")


def in_python(text: str) -> str:
    """The library names options as on the command line; here they are parameters.

    >>> in_python("--min-category-rows 1 keeps them, --no-header too")
    '`min_category_rows` 1 keeps them, `header` False too'
    """
    return _OPTION.sub(lambda found: f"`{found[2].replace('-', '_')}`" + (" False" if found[1] else ""), text)


def _parameter_in(found: str, expected: str, hint: str, kind: str) -> str | None:
    if kind == "usage" and (checked := _VALUE_OF.match(found)) and checked[1] not in ("it", "there"):
        return checked[1]
    named = re.search(r"`([a-z0-9_]+)`", f"{found} {expected} {hint}")
    return named[1] if named else None


class PoiseError(Exception):
    """Bad input, or a failure of the machine.

    Attributes
    ----------
    kind : str
        ``usage``, ``data``, ``io``, ``numeric``, ``resource`` or ``internal``.
    code : str
        A name for programs that stays the same from version to version, as in ``data.unknown_class``; the kind
        where there is none.
    found, expected, hint : str
        What was found, what was expected, and what to do; the latter two may be empty.
    parameter : str or None
        The parameter that it is about, or that the hint names.
    """

    def __init__(self, text: str, kind: str, code: str, found: str, expected: str, hint: str) -> None:
        super().__init__(text)
        self.kind, self.code = kind, code
        self.found, self.expected, self.hint = found, expected, hint
        self.parameter = _parameter_in(found, expected, hint, kind)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.kind, self.code, self.found, self.expected, self.hint)


class PoiseValueError(PoiseError, ValueError):
    """An argument or data that make no sense (kinds ``usage`` and ``data``)."""


def from_library(kind: str, code: str, found: str, expected: str, hint: str, text: str) -> PoiseError:
    of_arguments = kind in ("usage", "data")
    words = [in_python(part) for part in (found, expected, hint)]
    return (PoiseValueError if of_arguments else PoiseError)(in_python(text), kind, code, *words)


def usage_error(code: str, found: str, expected: str, hint: str = "") -> PoiseError:
    text = f"{found}; expected {expected}" + (f"; hint: {hint}" if hint else "")
    return from_library("usage", f"usage.{code}", found, expected, hint, text)
