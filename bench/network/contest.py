"""Runs Poise and its peers turn about, keeps the best setting of each, and takes ratios pair by pair."""
import statistics

SLOW = 1.5  # settings this much slower than the best of their family are not repeated


def rates_of(records, family):
    """Label → rates of the runs in `family` that gave one."""
    rates = {}
    for record in records:
        if record["family"] == family and record["rate"]:
            rates.setdefault(record["tool"], []).append(record["rate"])
    return rates


def best_setting(records, family):
    """The label with the highest median rate in `family`, or None."""
    rates = rates_of(records, family)
    return max(rates, key=lambda tool: statistics.median(rates[tool]), default=None)


def kept_setting(records, family):
    """Poise's setting in `family` after the first repetition: the one that ran most often; while equal, the fastest."""
    rates = rates_of(records, family)
    return max(rates, key=lambda tool: (len(rates[tool]), statistics.median(rates[tool])), default=None)


def worth_repeating(entries, records):
    """The entries within SLOW of the best of their family."""
    rates = {label: statistics.median([record["rate"] or 0 for record in records if record["tool"] == label])
             for label in {entry.label for entry in entries}}
    best = {}
    for entry in entries:
        best[entry.family] = max(best.get(entry.family, 0), rates[entry.label])
    return [entry for entry in entries if rates[entry.label] > 0 and SLOW * rates[entry.label] >= best[entry.family]]


def contest(own, peers, repetitions, run):
    """Records of `run(entry, repetition, tags)`: dicts with `rate` (None: failed) and the tags.

    Before every peer Poise runs: in the first repetition with each of its settings, later with its best one. Without
    `own` the peers run alone; without peers Poise does.
    """
    records, pair = [], 0

    def keep(entry, repetition):
        tags = dict(tool=entry.label, family=entry.family, against=entry.against, own=entry in own, pair=pair,
                    repetition=repetition)
        records.append(run(entry, repetition, tags))

    for repetition in range(repetitions):
        for peer in peers or [None]:
            for entry in own:
                wanted = peer is None or entry.family == peer.against
                if wanted and (repetition == 0 or entry.label == kept_setting(records, entry.family)):
                    keep(entry, repetition)
            if peer:
                keep(peer, repetition)
            pair += 1
        peers = worth_repeating(peers, records) if peers else peers
    return records


def ratios(records, against, family):
    """Poise's kept setting over the family's best one, in every pair of neighbors: (list, both labels)."""
    best_own, best_peer = kept_setting(records, against), best_setting(records, family)
    own = {record["pair"]: record["rate"] for record in records if record["tool"] == best_own and record["rate"]}
    return [own[record["pair"]] / record["rate"] for record in records
            if record["tool"] == best_peer and record["rate"] and record["pair"] in own], best_own, best_peer
