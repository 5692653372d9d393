"""Records of runs as Markdown."""
import math
import statistics

from common.spread import spread
from softmax.trajectory import THRESHOLDS

AT_1E6 = THRESHOLDS.index(1e-6)


def grouped(records):
    tools = {}
    for record in records:
        tools.setdefault(record["tool"], []).append(record)
    return tools


def median_at(runs, index=AT_1E6):
    """Median time to a threshold, infinite unless every run reached it."""
    times = [record["times"][index] for record in runs]
    return float("inf") if None in times else statistics.median(times)


def order(item):
    """Poise first, then by time to 1e-6, then by how close the tool came."""
    final = item[1][-1]["final"]
    return not item[1][0]["poise"], median_at(item[1]), float("inf") if final is None else final


def row(tool, runs):
    times = [spread([record["times"][index] for record in runs]) for index in range(len(THRESHOLDS))]
    finals = [record["final"] for record in runs if record["final"] is not None]
    if runs[0]["poise"]:
        gaps = [record["certified"] for record in runs if record.get("certified") is not None]
        accuracy = f"certified {max(gaps):.1e}" if gaps else runs[-1]["remark"]
    else:
        accuracy = f"{max(finals):.1e}" if finals else runs[-1]["remark"]
    memory = spread([record["peak_mib"] for record in runs], 4)
    return "| " + " | ".join([tool, *times, memory, accuracy, str(len(runs))]) + " |"


def fastest_peer(records):
    """The peer that was reliably first at 1e-6: (tool, runs), or None."""
    peers = grouped(record for record in records if not record["poise"])
    reached = [item for item in peers.items() if median_at(item[1]) < float("inf")]
    return min(reached, key=lambda item: median_at(item[1]), default=None)


def closest_peer(records):
    """The peer that came closest to f* in its best run: (tool, runs), or None."""
    peers = grouped(record for record in records if not record["poise"] and record["final"] is not None)
    return min(peers.items(), key=lambda item: min(record["final"] for record in item[1]), default=None)


def bound_line(records, budget):
    """What can be said when no peer got to 1e-6 in every run: a run that did not took more than the budget."""
    nobody = f"No peer reliably reached 1e-6 within {budget:g} s"
    own = {record["pair"]: record["times"][AT_1E6] for record in records if record["poise"]}
    closest = closest_peer(records)
    if closest is None or not own or None in own.values():
        return nobody + "."
    tool, runs = closest
    ratios = [(run["times"][AT_1E6] or budget) / own[run["pair"]] for run in runs]
    bound = math.floor(10 * statistics.median(ratios)) / 10
    return (f"{nobody}; Poise did after {statistics.median(own.values()):.3g} s (median): **more than {bound}× faster** "
            f"(median of {len(ratios)} pairs with {tool}).")


def ratio_line(records, budget):
    """Each run of the fastest peer over the Poise run just before it."""
    poise = {record["pair"]: record for record in records if record["poise"]}
    best = fastest_peer(records)
    if best is None:
        return bound_line(records, budget)
    if not poise:
        return f"Fastest peer at 1e-6: {best[0]}, {median_at(best[1]):.3g} s."
    ratios = [peer["times"][AT_1E6] / poise[peer["pair"]]["times"][AT_1E6] for peer in best[1]
              if poise[peer["pair"]]["times"][AT_1E6] is not None]
    if len(ratios) < len(best[1]):
        return f"Poise reached 1e-6 in {len(ratios)} of {len(best[1])} runs beside the fastest peer ({best[0]})."
    ratio = statistics.median(ratios)
    verdict = (f"Poise is {ratio:.1f}× faster than the fastest peer at 1e-6" if ratio >= 1 else
               f"Poise takes {1 / ratio:.1f}× the time of the fastest peer to 1e-6")
    return (f"**{verdict}** (peer over Poise {min(ratios):.1f}–{max(ratios):.1f}, median of {len(ratios)} pairs; "
            f"{best[0]}).")


def referee_line(records):
    poise = [record for record in records if record["poise"]]
    passed = sum(record["referee"] == "PASS" for record in poise)
    worst = max((abs(record["final"]) for record in poise if record["final"] is not None), default=float("nan"))
    verdict = "PASS" if passed == len(poise) else "FAIL"
    return (f"Referee: {verdict} ({passed} of {len(poise)} models, evaluated in numpy float64 on the original data, are "
            f"within the gap Poise reported; worst (f − f*)/f* {worst:.1e}).")


def roofline(records, problem, limits):
    """Median time a pass over the time to read the data once, and over the time of its 4·n·d·K flops."""
    passes = [record["seconds"] / record["passes"] for record in records if record.get("passes")]
    if not passes:
        return "Roofline: Poise reported no passes."
    one = statistics.median(passes)
    read = problem.stored_bytes / limits["bytes_per_second"]
    flops = 4 * problem.nonzeros * problem.classes
    work = flops / limits["flops_per_second"]
    size, bandwidth, peak = (problem.stored_bytes / 2**20, limits["bytes_per_second"] / 1e9,
                             limits["flops_per_second"] / 1e9)
    return (f"Roofline: one pass {one * 1e3:.3g} ms = {one / read:.1f}× reading {size:.3g} MiB once "
            f"({bandwidth:.0f} GB/s) = {one / work:.1f}× its {flops / 1e9:.2g} GFLOP at the float32 peak "
            f"({peak:.0f} GFLOP/s).")


def whole_line(records):
    """What a user waits for: Poise's whole process, and its parts by its own account."""
    runs = [record for record in records if record.get("wall")]
    if not runs:
        return "Whole process: Poise has no times."
    part = {key: statistics.median(record["parts"][key] for record in runs) for key in runs[0]["parts"]}
    return (f"Whole process: {spread([record['wall'] for record in runs])} s, of which reading {part['seconds_read']:.3g} s, "
            f"training {part['seconds']:.3g} s, measuring and writing {part['seconds_write']:.3g} s.")


def problem_table(problem, records, reference, limits, budget):
    shape = f"{problem.rows:,}×{problem.columns:,}, {problem.classes} classes, λ = {problem.l2:g}"
    heading = (f"### {problem.title}: {shape}\n\n"
               f"f* = {reference['optimum']!r} (independent float64 Newton, decrement {reference['decrement']:.0e}). "
               f"Seconds until (f − f*)/f* ≤ …: median [min–max]; a dash: not within {budget:g} s.\n")
    titles = ["tool", *(f"{threshold:.0e}".replace("e-0", "e-") for threshold in THRESHOLDS), "peak memory, MiB",
              "(f − f*)/f* at the end", "runs"]
    lines = [heading, "| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    lines += [row(tool, runs) for tool, runs in sorted(grouped(records).items(), key=order)]
    lines += ["", "Peers more than 5× slower at 1e-6 than the fastest of the first repetition (or, where none got there, all but the closest) ran once.",
              "", ratio_line(records, budget)]
    if any(record["poise"] for record in records):
        lines += ["", referee_line(records), "", roofline(records, problem, limits), "", whole_line(records)]
    return "\n".join(lines) + "\n"
