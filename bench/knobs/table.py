"""The experiments as Markdown: accuracies in percent of the test rows, differences in points."""
import math
import statistics

from common.spread import markdown_head, markdown_row, mean_and_deviation

MEAN_AIM, WORST_AIM = -0.5, -2.0
TITLES = ("set", "hidden", "defaults", "grid: chosen on validation", "which", "best of the grid on test",
          "defaults, a tenth held out", "with --l2 3/n", "sklearn standardized", "sklearn as given", "defaults − grid", "×1,000", "×0.001",
          "seconds: defaults, whole grid, sklearn")


def accuracy(runs):
    return statistics.mean(run["test"] for run in runs)


def shown(runs):
    return mean_and_deviation([run["test"] for run in runs]) if runs else "–"


def points(difference):
    return f"{100 * difference:+.2f}"


def noise(found):
    """What two runs on the same rows may differ by: the standard error of one accuracy on that number of test rows."""
    mean = accuracy(found["scaled"][1])
    return math.sqrt(max(mean * (1 - mean), 0.0) / found["test_rows"]) + 1 / found["test_rows"]


def scaled_cell(found, factor):
    """Change by multiplying the features, and whether it is more than noise."""
    if factor not in found["scaled"]:
        return "words"
    change = accuracy(found["scaled"][factor]) - accuracy(found["scaled"][1])
    return points(change) + ("" if abs(change) <= noise(found) else " **changed**")


def seconds_cell(found):
    parts = [(found["scaled"][1], statistics.mean), (found["grid"], sum),
             (found["sklearn"].get("standardized"), statistics.mean)]
    return ", ".join(f"{combine(run['seconds'] for run in runs):.3g}" if runs else "–" for runs, combine in parts)


def row(found):
    sklearn = [shown(found["sklearn"].get(name)) for name in ("standardized", "as given")]
    if "grid" not in found:
        return markdown_row([found["set"], found["hidden"], *["–"] * 6, *sklearn, *["–"] * 4])
    own = found["scaled"][1]
    return markdown_row([found["set"], found["hidden"], shown(own), shown(found["chosen"]), found["best"],
                         f"{100 * max(run['test'] for run in found['grid']):.2f} %", shown(found["plain"]), shown(found["penalty"]), *sklearn,
                         points(accuracy(own) - accuracy(found["chosen"])), scaled_cell(found, 1000),
                         scaled_cell(found, 0.001), seconds_cell(found)])


def head():
    return markdown_head(TITLES)


def difference_line(name, pairs):
    """`pairs`: (what, difference) of all experiments."""
    mean = statistics.mean(difference for _, difference in pairs)
    where, worst = min(pairs, key=lambda pair: pair[1])
    met = 100 * mean >= MEAN_AIM and 100 * worst >= WORST_AIM
    return (f"- defaults − {name}: mean {points(mean)}, worst {points(worst)} ({where}) of {len(pairs)}; "
            f"aim mean ≥ {MEAN_AIM}, worst ≥ {WORST_AIM}: {'met' if met else 'missed'}.")


def summary(experiments):
    experiments = [found for found in experiments if "grid" in found]
    if not experiments:
        return ""
    # scikit-learn holds nothing out, Poise by default a tenth: a fifth, as for the grid, would be a handicap there.
    rivals = {"the grid's choice": (lambda found: found["scaled"][1], lambda found: found["chosen"]),
              "sklearn standardized": (lambda found: found["plain"], lambda found: found["sklearn"].get("standardized")),
              "sklearn as given": (lambda found: found["plain"], lambda found: found["sklearn"].get("as given"))}
    rivals |= {f"{name}, with --l2 3/n": (lambda found: found["penalty"], rivals[name][1]) for name in list(rivals)[1:]}
    lines = []
    for name, (own, runs_of) in rivals.items():
        pairs = [(f"{found['set']} {found['hidden']}", accuracy(own(found)) - accuracy(runs_of(found)))
                 for found in experiments if runs_of(found)]
        lines += [difference_line(name, pairs)] if pairs else []
    changed = [f"{found['set']} {found['hidden']}" for found in experiments
               if any("changed" in scaled_cell(found, factor) for factor in (1000, 0.001))]
    lines.append(f"- features multiplied: {'more than noise on ' if changed else 'no change beyond noise'}{', '.join(changed)}.")
    return "\n".join(lines)
