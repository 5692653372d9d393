"""Repetitions as text: median [min–max], mean ± sd, and Markdown rows."""
import statistics


def spread(values, digits=3):
    """median [min–max]; a dash where a run did not get there."""
    reached = [value for value in values if value is not None]
    if not reached:
        return "–"
    middle = number(statistics.median(reached), digits)
    if len(values) > 1:
        middle += f" [{number(min(reached), digits)}–{number(max(reached), digits)}]"
    return middle if len(reached) == len(values) else f"{middle} ({len(reached)} of {len(values)} runs)"


def number(value, digits=3):
    """`digits` significant figures; large numbers with commas rather than an exponent."""
    if abs(value) < 10**digits - 0.5:
        return f"{value:.{digits}g}"
    return f"{round(value, digits - len(str(int(abs(value))))):,.0f}"


def mean_and_deviation(values, digits=2):
    """mean ± sample standard deviation, of percentages."""
    mean = f"{100 * statistics.mean(values):.{digits}f}"
    return f"{mean} ± {100 * statistics.stdev(values):.{digits}f} %" if len(values) > 1 else f"{mean} %"


def markdown_row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def markdown_head(titles):
    return markdown_row(titles) + "\n|" + "---|" * len(titles)
