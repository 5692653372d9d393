"""Which runs there are to be, which of them are done, and the records of all: lines of JSON that a later call goes on from.

A row is a tool on a set. Its settings are tried once with a quarter of the time limit; the best is then run beside
Poise, first once for all rows, then again and again for those that reached 1e-6 and are not far behind the fastest.
"""
import json
import math
import statistics
import sys
import time

SLOW = 5.0  # peers this much slower than the fastest one are not repeated


class Records:
    """All runs so far, of this call and earlier ones."""

    def __init__(self, path):
        self.path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.all = [json.loads(line) for line in lines if line.endswith("}")]
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, record):
        self.all.append(record)
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def of(self, **wanted):
        return [record for record in self.all if all(record.get(key) == value for key, value in wanted.items())]


def seconds_of(record):
    """What counts: the time to 1e-6, or of the whole path; infinite if it was not reached."""
    seconds = record["times"][-1] if "times" in record else record["seconds"]
    return math.inf if seconds is None else seconds


def closeness(record):
    """Smaller is better, of runs that did not get there."""
    if "times" not in record:
        return -record["fits"]
    return math.inf if record["final"] is None else record["final"]


def has_ended(record):
    """Whether it stopped by itself: more time would not bring it closer."""
    return record["remark"].startswith(("ended by itself", "tolerances", "failed"))


def best_of(records):
    """The fastest; of runs that did not get there the closest, those that had not given up first."""
    return min(records, key=lambda record: (seconds_of(record), has_ended(record), closeness(record)), default=None)


class Row:
    """One tool on one set: `run(variants, budget)` gives records of runs of it, `run_poise(budget)` one of Poise."""

    def __init__(self, records, set_name, tool, limit, run, run_poise, session):
        self.records, self.set_name, self.tool, self.limit = records, set_name, tool, limit
        self.run, self.run_poise, self.session = run, run_poise, session

    def done(self, **wanted):
        return self.records.of(set=self.set_name, tool=self.tool.name, **wanted)

    def keep(self, record, **more):
        record |= dict(set=self.set_name, tool=self.tool.name, session=self.session, **more)
        self.records.add(record)
        seconds = seconds_of(record)
        print(f"{time.strftime('%H:%M:%S')} {self.set_name}: {record['label']}: "
              f"{'not' if seconds == math.inf else f'{seconds:.3g} s'} ({record['remark']})", file=sys.stderr)

    def screen(self):
        """Every setting once, briefly; those of one number of threads in one process."""
        left = [variant for variant in self.tool.variants if not self.done(stage="screen", label=variant.label)]
        for threads in sorted({variant.threads for variant in left}) if len(self.tool.variants) > 1 else ():
            best = min(map(seconds_of, self.done(stage="screen")), default=math.inf)
            some = [variant for variant in left if variant.threads == threads]
            for record in self.run(some, min(self.limit / 4, 1.2 * best + 0.05)):
                self.keep(record, stage="screen", poise=False)

    def chosen(self):
        best = best_of(self.done(stage="screen"))
        known = {variant.label: variant for variant in self.tool.variants}
        return known.get(best["label"]) if best else self.tool.variants[0]

    def repeat(self, repetition):
        """Poise, then the peer: neighbors in time, so that their ratio does not see the machine's slow drifts."""
        if self.done(stage="run", repetition=repetition, poise=False):
            return
        self.keep(self.run_poise(self.limit), stage="run", repetition=repetition, poise=True)
        self.keep(*self.run([self.chosen()], self.limit), stage="run", repetition=repetition, poise=False)

    def middle(self):
        """Median time of the peer's runs; infinite unless all got there."""
        runs = self.done(stage="run", poise=False)
        return statistics.median(map(seconds_of, runs)) if runs else math.inf


def visit(rows, repetition):
    """One round over the rows of a set, a row at a time (a generator, so that the caller can stop between rows)."""
    for row in rows:
        if repetition == 0:
            row.screen()
        else:
            fastest = min(other.middle() for other in rows)
            if row.middle() == math.inf or row.middle() > SLOW * fastest:
                continue
        row.repeat(repetition)
        yield row
