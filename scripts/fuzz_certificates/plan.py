"""A case: what is drawn, in which format it is written, with which options the tool is run, and what is compared."""
import dataclasses

import numpy as np

from fuzz_certificates import kinds
from fuzz_certificates.problem import Problem

FORMATS = ("csv", "f4", "f8", "F8", "svm")  # and integers, where the numbers are: files.py
PENALTIES = (1e-300, 1e-30, 1e-16, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1.0, 1e2, 1e4, 1e6)


@dataclasses.dataclass
class Case:
    kind: str
    drawn: kinds.Drawn
    format: str
    l2: float
    scale: str | None          # None: the default
    options: list              # words of the command line
    compare: str               # "": nothing; "formats", "threads", "start", "path"
    tolerance: float = 1e-8
    limited: bool = False      # may end before it is done
    balanced: bool = False
    first_l2: float = 0.0      # of warm starts


def formats_of(drawn):
    """The formats that can hold it. float32 NPY holds what numbers become in float32, if they stay finite."""
    if drawn.weights is not None or drawn.texts:
        return ["csv"]
    numbers = drawn.numbers
    formats = [form for form in FORMATS if drawn.targets is None or form != "csv"]
    if np.abs(numbers).max() > np.finfo(np.float32).max:
        formats.remove("f4")
    if (numbers == np.floor(numbers)).all():
        for form in ("u1", "i2", "i8"):
            if np.iinfo(form).min <= numbers.min() and numbers.max() <= np.iinfo(form).max:
                formats.append(form)
    return formats


def draw_case(seed, index):
    draw = np.random.default_rng([seed, index])
    names = list(kinds.KINDS)
    shares = np.array([share for _, share in kinds.KINDS.values()], dtype=float)
    kind = names[draw.choice(len(names), p=shares / shares.sum())]
    with np.errstate(all="ignore"):
        drawn = kinds.KINDS[kind][0](draw)
    choices = formats_of(drawn)
    l2 = 0.0 if draw.random() < 0.55 else float(draw.choice(PENALTIES))
    case = Case(kind, drawn, choices[draw.integers(len(choices))], l2, [None, "none", "standard"][draw.integers(3)], [], "")
    if drawn.variant is not None:
        case.format, case.scale, case.compare = "svm", "standard", "units"
        case.l2 = float(draw.choice([0.0, 1e-8, 1e-6, 1e-4, 1e-2]))
    elif draw.random() < 0.3:
        case.compare = ["formats", "threads", "start", "path"][draw.choice(4, p=[0.4, 0.2, 0.2, 0.2])]
    draw_options(draw, case, len(choices))
    return case


def draw_options(draw, case, formats):
    options = case.options
    case.balanced = case.drawn.targets is None and draw.random() < 0.08
    if case.balanced:
        options += ["--class-weight", "balanced"]
    if case.drawn.smoothing:
        options += ["--label-smoothing", repr(case.drawn.smoothing)]
    case.first_l2 = float(draw.choice([0.0, 1e-6, 1e-2, 1.0, 1e4]))
    if case.compare == "formats":
        case.tolerance, case.scale = 1e-10, case.scale or "standard"
        case.compare = "formats" if formats > 1 else ""
    elif draw.random() < 0.2:
        case.tolerance = float(draw.choice([1e-3, 1e-6, 1e-10, 1e-12]))
    if case.tolerance != 1e-8:
        options += ["--tolerance", repr(case.tolerance)]
    if case.compare in ("units", "formats"):
        return
    if draw.random() < 0.05:
        options.append("--require-certificate")
    if draw.random() < 0.35:
        options += ["--solver", str(draw.choice(["newton", "lbfgs", "golden", "descent"]))]
    if draw.random() < 0.12:
        options += ["--max-iterations", str(draw.choice([1, 1, 2, 5, 30]))]
        case.limited = True
    elif "descent" in options or "golden" in options:
        options += ["--max-iterations", "2000"]
        case.limited = True


def problem_of(case, numbers, one_hot, l2):
    """The mathematical problem of the file's numbers."""
    drawn = case.drawn
    standard = (case.scale or ("none" if case.format == "svm" else "standard")) == "standard"
    left = one_hot if case.scale is None else None  # --scale standard is about all columns
    return Problem(numbers, drawn.classes, drawn.labels, drawn.targets, drawn.weights, l2, drawn.smoothing,
                   case.balanced, standard, left)
