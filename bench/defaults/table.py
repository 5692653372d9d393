"""Paired differences over splits, and summaries over sets, as Markdown."""
import math
import statistics

from common.spread import markdown_head, markdown_row

FLOOR = 0.03  # nats that count as nothing where losses are compared by ratio


def mean(values):
    return statistics.mean(values)


def error(values):
    """Standard error of the mean of paired differences; of one split none is known."""
    return statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def column(runs, name, figure):
    return [run[name][figure] for run in runs]


def difference(runs, name, other, figure):
    """Mean and standard error of name − other over the splits."""
    pairs = [a - b for a, b in zip(column(runs, name, figure), column(runs, other, figure))]
    return mean(pairs), error(pairs)


def ratio(runs, name, other):
    """Of mean losses, each with FLOOR on top, so that two that are as good as 0 are equal."""
    return (mean(column(runs, name, "loss")) + FLOOR) / (mean(column(runs, other, "loss")) + FLOOR)


def accuracy_cell(runs, name):
    return f"{100 * mean(column(runs, name, 'accuracy')):.1f}"


def loss_cell(runs, name):
    return f"{mean(column(runs, name, 'loss')):.3f}"


def head(names):
    titles = ["set", "rows", "numbers + one-hot", "classes", "splits"]
    return markdown_head(titles + [f"accuracy, %: {', '.join(names)}", "last two: difference", f"cross-entropy: {', '.join(names)}",
                                   "last two: difference"])


def signed(pair, factor, digits):
    return f"{factor * pair[0]:+.{digits}f}" + ("" if math.isnan(pair[1]) else f" ± {factor * pair[1]:.{digits}f}")


def row(name, shape, runs, names):
    """`names`: of the contestants; the difference is that of the last but one from the last."""
    mine, peer = names[-2:]
    return markdown_row([name, *shape, len(runs), " / ".join(accuracy_cell(runs, who) for who in names),
                         signed(difference(runs, mine, peer, "accuracy"), 100, 1), " / ".join(loss_cell(runs, who) for who in names),
                         signed(difference(runs, mine, peer, "loss"), 1, 3)])


def beyond_noise(all_runs, name, other):
    """Sets on which name is more than a point, or 10 % in loss, worse than other by more than two standard errors."""
    worse = []
    for which, runs in all_runs.items():
        gain, noise = difference(runs, name, other, "accuracy")
        loss, loss_noise = difference(runs, name, other, "loss")
        base = mean(column(runs, other, "loss")) + FLOOR
        if gain + 2 * noise < -0.01:
            worse.append(f"{which} {100 * gain:+.1f} points")
        elif loss - 2 * loss_noise > 0.1 * base:
            worse.append(f"{which} {100 * loss / base:+.0f} % loss")
    return worse


def summary_line(all_runs, name, other):
    gains = {which: difference(runs, name, other, "accuracy")[0] for which, runs in all_runs.items()}
    ratios = {which: ratio(runs, name, other) for which, runs in all_runs.items()}
    logs = [math.log(value) for value in ratios.values()]
    low, high = min(gains, key=gains.get), max(ratios, key=ratios.get)
    worse = beyond_noise(all_runs, name, other)
    return (f"- {name} − {other}, {len(gains)} sets: accuracy {100 * mean(gains.values()):+.2f} ± {100 * error(list(gains.values())):.2f} points, "
            f"worst {100 * gains[low]:+.1f} ({low}); cross-entropy {100 * math.expm1(mean(logs)):+.1f} ± {100 * error(logs):.1f} %, worst "
            f"{100 * (ratios[high] - 1):+.0f} % ({high}); beyond noise worse on {len(worse)}{': ' if worse else ''}{', '.join(worse)}.")
