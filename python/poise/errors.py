"""What Poise raises, and when: results that disappoint are results, not errors."""

from __future__ import annotations

from typing import Any


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
    """

    def __init__(self, text: str, kind: str, code: str, found: str, expected: str, hint: str) -> None:
        super().__init__(text)
        self.kind, self.code = kind, code
        self.found, self.expected, self.hint = found, expected, hint

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.kind, self.code, self.found, self.expected, self.hint)


class PoiseValueError(PoiseError, ValueError):
    """An argument or data that make no sense (kinds ``usage`` and ``data``)."""


def from_library(kind: str, code: str, found: str, expected: str, hint: str, text: str) -> PoiseError:
    of_arguments = kind in ("usage", "data")
    return (PoiseValueError if of_arguments else PoiseError)(text, kind, code, found, expected, hint)


def usage_error(code: str, found: str, expected: str, hint: str = "") -> PoiseError:
    text = f"{found}; expected {expected}" + (f"; hint: {hint}" if hint else "")
    return from_library("usage", f"usage.{code}", found, expected, hint, text)
