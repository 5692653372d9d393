"""Records of runs as Markdown."""
import math
import statistics

from common.spread import markdown_head, markdown_row, spread
from peers.path import FOLDS, POINTS
from peers.session import seconds_of
from peers.trajectory import THRESHOLDS

FITS = FOLDS * POINTS + 1


def pairs(records, tool):
    """(Poise, peer) records of each repetition of a tool."""
    found = {}
    for record in records:
        if record["stage"] == "run" and record["tool"] == tool:
            found.setdefault(record["repetition"], {})["poise" if record["poise"] else "peer"] = record
    return [(pair["poise"], pair["peer"]) for pair in found.values() if len(pair) == 2]


def ratio(pairs_of_tool, limit_of):
    """Peer over Poise, pair by pair; "> " where the peer was stopped."""
    found = []
    for own, peer in pairs_of_tool:
        if seconds_of(own) == math.inf:
            return "–"
        found.append((limit_of(peer) if seconds_of(peer) == math.inf else seconds_of(peer)) / seconds_of(own))
    stopped = any(seconds_of(peer) == math.inf for _, peer in pairs_of_tool)
    return ("> " if stopped else "") + spread(found, 2)


def tools_in_order(records):
    """Tools that have a run, the fastest first."""
    names = dict.fromkeys(record["tool"] for record in records if record["stage"] == "run" and not record["poise"])

    def order(name):
        peers = [peer for _, peer in pairs(records, name)]
        times = [seconds_of(peer) for peer in peers]
        close = min((peer.get("final") if peer.get("final") is not None else math.inf for peer in peers), default=math.inf)
        return statistics.median(times) if times else math.inf, close
    return sorted(names, key=order)


def memory(records):
    known = [record["peak_mib"] for record in records if record["peak_mib"] is not None]
    return spread(known, 4) if known else "–"


def busy(records):
    """The largest share of the machine that other work had."""
    shares = [record["others"] for record in records if record["others"] is not None]
    return f"{100 * max(shares):.0f} %" if shares else "–"


def fit_rows(records, penalized):
    own = [record for record in records if record["poise"]]
    if own:
        times = [spread([record["times"][index] for record in own]) for index in range(len(THRESHOLDS))]
        gaps = [record["final"] for record in own if record["final"] is not None]
        yield markdown_row(["**Poise**", *times, f"{max(gaps):.1e}" if gaps else own[-1]["remark"], "", memory(own),
                            busy(own), len(own)])
        proven = [record.get("seconds") if record.get("certified") is not None else None for record in own]
        gaps = [record["certified"] for record in own if record.get("certified") is not None]
        yield markdown_row(["**Poise**, with the proof of 1e-6", "", "", spread(proven),
                            f"{max(gaps):.1e} proven" if gaps else "none proven", "", "", "", len(own)])
    for tool in tools_in_order(records):
        found = pairs(records, tool)
        peers = [peer for _, peer in found]
        if not peers:
            continue
        times = [spread([peer["times"][index] for peer in peers]) for index in range(len(THRESHOLDS))]
        finals = [peer["final"] for peer in peers if peer["final"] is not None]
        end = f"{max(finals):.1e}" if finals else peers[-1]["remark"]
        label = peers[-1]["label"] + (" (bias penalized)" if tool in penalized else "")
        yield markdown_row([label, *times, end, ratio(found, lambda peer: peer["budget"]), memory(peers), busy(peers), len(peers)])


def tried_line(records):
    """The settings that were tried once, with what came of them."""
    tried = {}
    for record in records:
        if record["stage"] == "screen":
            seconds = seconds_of(record)
            if seconds < math.inf:
                text = f"{seconds:.3g} s"
            elif "times" in record:
                text = "no point" if record["final"] is None else f"{record['final']:.0e} after {record['budget']:.2g} s"
            else:
                text = f"{record['fits']} of {FITS} fits in {record['budget']:.2g} s"
            tried.setdefault(record["tool"], []).append(f"{record['label'].removeprefix(record['tool']).strip()} {text}")
    if not tried:
        return ""
    return "Tried once: " + "; ".join(f"{tool}: {', '.join(found)}" for tool, found in tried.items()) + ".\n"


def referee_line(records):
    own = [record for record in records if record["poise"]]
    passed = sum(record["referee"] == "PASS" for record in own)
    worst = max((abs(record["final"]) for record in own if record["final"] is not None), default=float("nan"))
    return (f"Referee: {'PASS' if passed == len(own) else 'FAIL'} ({passed} of {len(own)} models of Poise, evaluated in numpy "
            f"float64 on the original data, are within the gap Poise reported; worst (f − f*)/f* {worst:.1e}).\n")


def pass_at_limit(problem, limits):
    """Seconds of a pass at the limits of the machine: the flops of both products of dense rows at its float32 peak (of
    two classes, whose scores matter by their difference alone, as of one), or reading the rows, whichever takes longer;
    of sparse rows reading alone.
    """
    reading = problem.stored_bytes / limits["bytes_per_second"]
    columns = 1 if problem.classes == 2 else problem.classes
    flops = 0 if problem.sparse else 4 * problem.rows * problem.columns * columns
    return max(reading, flops / limits["flops_per_second"])


def limits_line(problem, records, limits):
    """How near Poise is to those limits; `limits` by session, of some only. Nothing where none are known."""
    own = [(record["seconds"] / record["passes"], pass_at_limit(problem, limits[record["session"]])) for record in records
           if record["poise"] and record.get("passes") and record["session"] in limits]
    if not own:
        return ""
    return (f"A pass of Poise, all that is done between two included, takes {spread([1e3 * seconds for seconds, _ in own])} ms, "
            f"{spread([seconds / least for seconds, least in own], 2)} times what the machine's limits allow.\n")


def fit_table(problem, records, reference, penalized, limits):
    titles = ["tool", *(f"{threshold:.0e}".replace("e-0", "e-") for threshold in THRESHOLDS), "(f − f*)/f* at the end",
              "over Poise at 1e-6", "peak memory, MiB", "other work", "runs"]
    limit = max((record["budget"] for record in records), default=0)
    lines = [f"### {problem.title}: {problem.rows:,}×{problem.columns:,}, {problem.classes} classes, λ = {problem.l2:g}\n",
             f"f* = {reference['optimum']!r} (independent float64 Newton, decrement {reference['decrement']:.0e}). Seconds until "
             f"(f − f*)/f* ≤ …; a dash: not within {limit:g} s.\n",
             markdown_head(titles), *fit_rows(records, penalized), "", tried_line(records)]
    if any(record["poise"] for record in records if record["stage"] == "run"):
        lines += [limits_line(problem, records, limits), referee_line(records)]
    return "\n".join(lines)


def difference(scores, best):
    """Largest difference of held-out cross-entropies, in nats; of penalties that Poise gave up there is none."""
    if scores is None or best is None:
        return "–"
    known = [abs(one - other) for one, other in zip(scores, best) if one == one and other == other]
    return f"{max(known):.0e}" if known else "–"


def path_rows(records):
    own = [record for record in records if record["poise"]]
    best = next((record["scores"] for record in reversed(own) if record["scores"]), None)
    lowest = {}
    for record in records:
        if record["objective"] is not None:
            lowest[record["l2"]] = min(record["objective"], lowest.get(record["l2"], math.inf))

    def cells(found, label, ratios):
        last = found[-1]
        gap = "–" if last["objective"] is None else f"{last['objective'] / lowest[last['l2']] - 1:.0e}"
        seconds = (spread([record["seconds"] for record in found]) if last["seconds"] else
                   f"> {last['budget']:g} ({last['fits']} of {FITS} fits)")
        l2 = "–" if last["l2"] is None else f"{last['l2']:.3g}"
        return markdown_row([label, seconds, l2, difference(last["scores"], best), gap, ratios, memory(found), busy(found),
                             len(found)])
    if own:
        yield cells(own, own[-1]["label"], "")
    for tool in tools_in_order(records):
        found = pairs(records, tool)
        if found:
            yield cells([peer for _, peer in found], found[-1][1]["label"], ratio(found, lambda peer: peer["budget"]))


def path_table(problem, records):
    lines = [f"### {problem.title}: {POINTS} penalties, {FOLDS} folds, and the fit with the best\n",
             f"{problem.rows:,}×{problem.columns:,}, {problem.classes} classes; λ from {problem.l2 * 10**2.5:.2g} down to "
             f"{problem.l2 * 10**-0.25:.2g}.\n",
             markdown_head(["tool", "seconds", "λ chosen", "held-out CE against Poise's, at most",
                            "f over the least known, last fit", "over Poise", "peak memory, MiB", "other work", "runs"]),
             *path_rows(records), "", tried_line(records)]
    return "\n".join(lines)
