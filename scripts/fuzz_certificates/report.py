"""Counts and tables."""
import collections


def is_false(outcome):
    return any(finding.proven for finding in outcome.findings)


def told(outcome, seed):
    lines = [f"problem {outcome.index} of seed {seed}: {outcome.kind}, {outcome.seconds:.2f} s"]
    lines += [f"  poise {command}" for command in outcome.commands]
    lines += [f"  λ = 0: {zero}, status {status}, a minimizer exists: {exists}"
              for zero, _, _, status, exists in outcome.statuses]
    lines += [f"  {finding.name}{'' if finding.proven else ' (not proven)'}: {finding.text}" for finding in outcome.findings]
    return "\n".join(lines) + "\n"


def table(title, rows):
    """{row: Counter} as Markdown."""
    columns = sorted({name for counter in rows.values() for name in counter})
    lines = [f"| {title} | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(str(rows[name][column] or "") for column in columns) + " |" for name in sorted(rows)]
    return "\n".join(lines)


DECIDED = ("certified", "separable")


class Summary:
    def __init__(self, seed):
        self.seed, self.problems, self.false = seed, 0, 0
        self.findings = collections.defaultdict(collections.Counter)
        self.statuses = collections.defaultdict(collections.Counter)
        self.counts, self.examples, self.unproven = collections.Counter(), collections.defaultdict(list), []
        self.at_zero = collections.defaultdict(collections.Counter)  # whole tables or all → status
        self.undecided = set()  # integer tables
        self.truths = self.unknown = self.answers = 0
        self.slowest = (0.0, -1)

    def add(self, outcome):
        self.problems += 1
        self.truths += outcome.truths
        self.unknown += outcome.unknown
        self.counts.update(outcome.counts)
        self.slowest = max(self.slowest, (outcome.seconds, outcome.index))
        self.findings[outcome.kind]["problems"] += 1
        for zero, whole, limited, status, _ in outcome.statuses:
            self.answers += 1
            self.statuses[outcome.kind][status] += 1
            if zero and not limited:
                self.at_zero["all kinds"][status] += 1
                if whole:
                    self.at_zero["integer tables"][status] += 1
                    if status not in DECIDED:
                        self.undecided.add(outcome.index)
        names = {finding.name for finding in outcome.findings if finding.proven}
        self.false += bool(names)
        self.findings[outcome.kind]["false"] += bool(names)
        for name in names:
            self.findings[outcome.kind][name] += 1
            self.findings["all"][name] += 1
            self.examples[name].append(outcome.index)
        if any(not finding.proven for finding in outcome.findings):
            self.unproven.append(outcome.index)

    def text(self, seconds, one_hot):
        lines = [f"seed {self.seed}: {self.problems} problems, {self.answers} trainings, {seconds:.0f} s "
                 f"({self.problems / seconds:.1f} a second); one-hot columns are {one_hot}",
                 f"problems with a false answer: {self.false}", "", table("false, by kind", self.findings), "",
                 table("status, by kind", self.statuses), ""]
        for name, counter in sorted(self.at_zero.items()):
            decided = sum(counter[status] for status in DECIDED)
            total = sum(counter.values())
            lines.append(f"λ = 0, no limit, {name}: {total} answers, undecided {total - decided} "
                         f"({100 * (total - decided) / total:.2f} %)")
        for what in ("gap", "compared"):
            counts = {name.split(" ", 1)[1]: count for name, count in sorted(self.counts.items()) if name.startswith(what)}
            lines.append(f"{what}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
        lines.append(f"the referee left {self.unknown} of {self.truths} problems open (existence or optimum)")
        lines.append(f"slowest: problem {self.slowest[1]}, {self.slowest[0]:.1f} s")
        for name, indices in sorted(self.examples.items()):
            lines.append(f"{name}: --only {', '.join(map(str, indices[:12]))}{' …' if len(indices) > 12 else ''}")
        if self.undecided:
            lines.append(f"undecided integer tables: --only {', '.join(map(str, sorted(self.undecided)[:30]))}")
        if self.unproven:
            lines.append(f"to be looked at (not proven): --only {', '.join(map(str, self.unproven[:30]))}")
        return "\n".join(lines)
