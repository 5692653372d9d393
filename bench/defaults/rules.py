"""Rules for the penalty, judged on the runs of `candidates` by interpolation in log λ between the penalties measured."""
import math

import numpy as np

from common.spread import markdown_head, markdown_row
from defaults import table
from defaults.contestants import OLD_L2, PENALTIES

# λ·n as a function of n rows, d features and K classes
RULES = {"1e-4": lambda n, d, k: OLD_L2 * n, "1/n": lambda n, d, k: 1, "2/n": lambda n, d, k: 2, "3/n": lambda n, d, k: 3,
         "max(1e-4, 1/n)": lambda n, d, k: max(OLD_L2 * n, 1), "4/(nK)": lambda n, d, k: 4 / k, "3/(nK)": lambda n, d, k: 3 / k,
         "2/(n(K−1))": lambda n, d, k: 2 / (k - 1), "1/(n(K−1))": lambda n, d, k: 1 / (k - 1),
         "2/(n min(K−1, 6)), the default": lambda n, d, k: 2 / min(k - 1, 6),
         "max(1e-4, 2/(n min(K−1, 6)))": lambda n, d, k: max(OLD_L2 * n, 2 / min(k - 1, 6)), "d/(10n)": lambda n, d, k: d / 10,
         "√d/n": lambda n, d, k: math.sqrt(d)}


def sklearn_rule(n, d, k):
    """C = 1: λ = 1/n, and 2/n where two classes have one weight vector."""
    return 2 if k == 2 else 1


def at(runs, c, n):
    """Accuracy and loss at λ = c/n."""
    points = sorted({**{p: runs["raw", p] for p in PENALTIES}, OLD_L2 * n: runs["raw", "1e-4"]}.items())
    where = [math.log(p) for p, _ in points]
    return {figure: float(np.interp(math.log(max(c, 1e-9)), where, [run[figure] for _, run in points])) for figure in ("accuracy", "loss")}


def judged(found):
    """`found`: set → (shape, runs of its splits). Every rule beside scikit-learn's, as the runs that table.py reads."""
    out = {}
    for name, (shape, runs) in found.items():
        n, d, k = shape
        out[name] = [{rule: at(run, c(n, d, k), n) for rule, c in RULES.items()}
                     | {"C = 1": at(run, sklearn_rule(n, d, k), n), "1e-4, one-hot standardized": run["standardized", "1e-4"]} for run in runs]
    return out


def print_rules(found):
    runs = judged(found)
    print(markdown_head(["λ", "accuracy − that of C = 1, points", "worst", "cross-entropy against C = 1, %", "worst", "worse beyond noise on"]))
    for rule in ("1e-4, one-hot standardized", *RULES):
        gains = {name: table.difference(of_set, rule, "C = 1", "accuracy")[0] for name, of_set in runs.items()}
        logs = {name: math.log(table.ratio(of_set, rule, "C = 1")) for name, of_set in runs.items()}
        low, high = min(gains, key=gains.get), max(logs, key=logs.get)
        worse = table.beyond_noise(runs, rule, "C = 1")
        print(markdown_row([rule, f"{100 * table.mean(gains.values()):+.2f} ± {100 * table.error(list(gains.values())):.2f}",
                            f"{100 * gains[low]:+.1f} ({low})",
                            f"{100 * math.expm1(table.mean(logs.values())):+.1f} ± {100 * table.error(list(logs.values())):.1f}",
                            f"{100 * math.expm1(logs[high]):+.0f} ({high})", f"{len(worse)} of {len(runs)}"]))
