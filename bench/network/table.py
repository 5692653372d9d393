"""Records of a contest as Markdown."""
import statistics

from common.spread import markdown_head, markdown_row, spread
from network.contest import kept_setting, ratios
from network.entries import OWN_BF16, OWN_FLOAT32

# What the project aims at: (network, Poise, peer) → smallest ratio of rates.
TRAINING_AIMS = {
    ("mnist-128", OWN_FLOAT32, "PyTorch float32"): 2.5,
    ("mnist-512-256", OWN_FLOAT32, "PyTorch float32"): 1.6,
    ("digits-64", OWN_FLOAT32, "PyTorch float32"): 10,
    ("mnist-128", OWN_BF16, "PyTorch bf16"): 1.3,
    ("mnist-512-256", OWN_BF16, "PyTorch bf16"): 1.3,
}
INFERENCE_AIMS = {1: 5, 1000: 1.5}
PEAK_AIM = {"mnist-512-256": 0.6}
EQUILIBRIUM_COST = 1.3
DISTURBED = 0.05  # share of the processors' time for others


def grouped(records):
    tools = {}
    for record in records:
        tools.setdefault((not record["own"], record["tool"]), []).append(record)
    return tools


def median_rate(runs):
    return statistics.median([run["rate"] or 0 for run in runs])


def verdict(value, aim, at_most=False):
    if aim is None:
        return ""
    met = value <= aim if at_most else value >= aim
    return f"; aim {'≤' if at_most else '≥'} {aim:g}: {'met' if met else 'missed'}"


def rates_table(records, flops, peak, trained):
    """One row a setting, Poise first, then by speed. `trained`: with the accuracy the runs ended at."""
    titles = ["tool", "rows a second", "of the float32 peak"] + (["accuracy on the training rows, epochs"] if trained else [])
    lines = [markdown_head([*titles, "runs", "remark"])]
    for (_, tool), runs in sorted(grouped(records).items(), key=lambda item: (item[0][0], -median_rate(item[1]))):
        cells = [f"**{tool}**" if runs[0]["own"] else tool, spread([run["rate"] for run in runs]),
                 f"{100 * median_rate(runs) * flops / peak:.1f} %"]
        if trained:
            done = [run for run in runs if run["rate"]]
            cells.append(f"{100 * done[-1]['accuracy']:.2f} %, {done[-1]['epochs']}" if done else "–")
        lines.append(markdown_row([*cells, len(runs), runs[-1].get("remark", "")]))
    return "\n".join(lines)


def ratio_line(records, against, family, aim):
    """How many times as fast as the best of `family` Poise is, or what one of its own other rules costs."""
    found, own, label = ratios(records, against, family)
    if not found:
        return None
    middle = statistics.median(found)
    pairs = f"median of {len(found)} pairs; {min(found):.2f}–{max(found):.2f}"
    if family == "Poise equilibrium":
        return f"- {label} takes {middle:.2f}× the time of {own} ({pairs}{verdict(middle, EQUILIBRIUM_COST, True)})."
    if family.startswith("Poise"):
        return f"- {label} takes {middle:.2f}× the time of {own} ({pairs})."
    return f"- **{own} is {middle:.2f}× as fast as {label}** ({pairs}{verdict(middle, aim)})."


def ratio_lines(records, aim_of):
    """`aim_of(against, family)`: the ratio wanted, or None."""
    pairs = dict.fromkeys((record["against"], record["family"]) for record in records if not record["own"])
    lines = [ratio_line(records, against, family, aim_of(against, family)) for against, family in pairs]
    return [line for line in lines if line]


def peak_line(net, records, peak):
    best = kept_setting(records, OWN_FLOAT32)
    if not best:
        return None
    share = median_rate([record for record in records if record["tool"] == best]) * net.training_flops / peak
    return f"- {best}: {100 * share:.0f} % of the float32 peak{verdict(share, PEAK_AIM.get(net.name))}."


def others_line(records):
    """How much other work was on the machine: above some percent, rates are too low and ratios are noise."""
    shares = [record["others"] for record in records]
    middle = statistics.median(shares)
    warning = " **These figures say little: measure again on a quiet machine.**" if middle > DISTURBED else ""
    return (f"- Other work on the machine: {100 * middle:.0f} % of its processors' time (at most {100 * max(shares):.0f} %)."
            f"{warning}")


def training_section(net, records, peak):
    head = (f"### Training, {net.title}\n\n{net.training_flops / 1e6:.3g} MFLOP a sample; float32 peak of two threads "
            f"{peak / 1e9:.0f} GFLOP/s, measured before and after. Rows a second of an epoch: median [min–max].\n")
    lines = ratio_lines(records, lambda against, family: TRAINING_AIMS.get((net.name, against, family)))
    lines = [*lines, peak_line(net, records, peak), others_line(records)]
    return "\n".join([head, rates_table(records, net.training_flops, peak, True), "", *filter(None, lines)]) + "\n"


def inference_section(net, batch, records, peak):
    head = f"### Inference, {net.title.split(',')[0]}, batch {batch:,}\n"
    lines = ratio_lines(records, lambda _, family: INFERENCE_AIMS[batch] if family.startswith("PyTorch") else None)
    return "\n".join([head, rates_table(records, net.inference_flops, peak, False), "", *lines, others_line(records)]) + "\n"
