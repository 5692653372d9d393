"""One case from the drawing to the verdicts: files, runs of the tool, the referee, comparisons."""
import collections
import dataclasses

import numpy as np

from fuzz_certificates import files, judge, plan, referee, tool
from fuzz_certificates.judge import Finding


@dataclasses.dataclass
class Outcome:
    index: int
    kind: str
    findings: list
    counts: collections.Counter   # "gap proven", …
    statuses: list                # (λ = 0, whole table, limited, status, exists) of each training
    commands: list
    seconds: float = 0.0
    unknown: int = 0
    truths: int = 0


class Session:
    def __init__(self, case, program, folder):
        self.case, self.folder = case, folder
        self.tool = tool.Tool(program, folder)
        self.findings, self.counts, self.statuses, self.truths = [], collections.Counter(), [], {}

    def truth(self, numbers, one_hot, l2, key):
        key = (key, l2)
        if key not in self.truths:
            problem = plan.problem_of(self.case, numbers, one_hot, l2)
            self.truths[key] = problem, referee.find_truth(problem)
        return self.truths[key]

    def train(self, form, l2, more=(), out="run", numbers=None, key="", certify=True):
        """Trains, judges, certifies; returns the answer (content None if it was refused)."""
        case = self.case
        words = files.write(self.folder, case.drawn, form, "data" + key, numbers)
        threads = [] if "--threads" in more else ["--threads", "1"]
        answer = self.tool.train([*words, "--l2", repr(l2), *more, *threads, *self.options()], out)
        what = f"train {form}{key} λ={l2:g}"
        if judge.judge_form(self.findings, answer, what):
            self.judge(answer, form, l2, numbers, key, what)
            if certify:
                self.certify(words, answer, form, l2, numbers, key, out)
        else:
            self.statuses.append((l2 == 0, False, True, "refused" if answer.refused else "failed", None))
        return answer

    def options(self):
        return [*self.case.options, *(["--scale", self.case.scale] if self.case.scale else [])]

    def known(self, answer, form, l2, numbers, key):
        """The problem that the answer is about and the truth about it; (None, None) if columns were left out."""
        stored = files.numbers_in(self.case.drawn, form, numbers)
        features, one_hot = tool.one_hot_features(self.case.drawn, stored, answer.run["schema"])
        if features is None or features.shape[1] != len(answer.model["weights"]):
            self.findings.append(Finding("form", "columns were left out"))
            return None, None
        return self.truth(features, one_hot, l2, ("f4" if form == "f4" else "", key))

    def judge(self, answer, form, l2, numbers, key, what):
        case = self.case
        problem, truth = self.known(answer, form, l2, numbers, key)
        if problem is not None:
            self.statuses.append((l2 == 0, case.drawn.whole, case.limited, answer.content["status"], truth.exists))
            judge.judge_solution(self.findings, self.counts, answer.content, case.tolerance, problem,
                                 judge.ModelValue(problem, answer.model), truth, what)

    def certify(self, words, trained, form, l2, numbers, key, out):
        problem, truth = self.known(trained, form, l2, numbers, key)
        answer = self.tool.certify([*words, "--tolerance", repr(self.case.tolerance), "--threads", "1"], out)
        what = f"certify {form}{key} λ={l2:g}"
        if answer.refused:
            self.findings.append(Finding("certify", f"{what} is refused: {answer.stderr.strip()[-300:]}"))
        elif judge.judge_form(self.findings, answer, what) and problem is not None:
            judge.judge_solution(self.findings, self.counts, answer.content, self.case.tolerance, problem,
                                 judge.ModelValue(problem, trained.model), truth, what)
            judge.judge_agreement(self.findings, trained.content, answer.content)

    def run(self):
        case = self.case
        compare = {"formats": self.formats, "threads": self.threads, "start": self.warm_start, "path": self.path,
                   "units": self.units}.get(case.compare)
        if compare:
            compare()
        else:
            self.train(case.format, case.l2)

    def formats(self):
        """The same numbers in all formats: the same status, the same objective."""
        answers = {form: self.train(form, self.case.l2, out=form, certify=False) for form in plan.formats_of(self.case.drawn)
                   if form != "f4" or np.array_equal(files.numbers_in(self.case.drawn, "f4"), self.case.drawn.numbers)}
        self.compare({form: answer for form, answer in answers.items() if answer.content is not None}, "formats", 0.0)

    def compare(self, answers, name, allowed):
        """Answers to equivalent problems; `allowed`: what the optima may differ by, beside 1e-9 relative and the gaps."""
        first = None
        self.counts[f"compared {name}"] += 1
        for form, answer in answers.items():
            content = answer.content
            if first is None:
                first, reference = form, content
                continue
            if content["status"] != reference["status"]:
                self.findings.append(Finding(name, f"{first} says {reference['status']}, {form} {content['status']}"))
            elif content["status"] == "certified":
                a, b = reference["objective"], content["objective"]
                if abs(a - b) > 1e-9 * abs(a) + allowed + max(reference["gap"], content["gap"]):
                    self.findings.append(Finding(name, f"the objective is {a!r} of {first}, {b!r} of {form}"))

    def threads(self):
        """1, 2 and 3 threads: the same bits."""
        case, seen = self.case, {}
        for threads in (1, 2, 3):
            answer = self.train(case.format, case.l2, ["--threads", str(threads)], out=f"t{threads}", certify=threads == 1)
            if answer.content is None:
                return
            content = {key: value for key, value in answer.content.items() if not key.startswith("seconds") and key != "run"}
            seen[threads] = (self.tool.bytes_of_model(f"t{threads}"), content)
        self.counts["compared threads"] += 1
        for threads in (2, 3):
            if seen[threads] != seen[1]:
                self.findings.append(Finding("threads", f"{threads} threads give other bits than one"))

    def warm_start(self):
        case = self.case
        first = self.train(case.format, case.first_l2, out="first", certify=False)
        if first.content is not None:
            self.train(case.format, case.l2, ["--start", "first"])

    def path(self):
        """--l2-path: the last one is kept where there are no held-out rows; the others are judged by their objective."""
        case = self.case
        words = files.write(self.folder, case.drawn, case.format)
        path = [case.first_l2, 1e-3, case.l2]
        answer = self.tool.train([*words, "--l2-path", ",".join(map(repr, path)), *self.options()])  # all threads
        what = f"train {case.format} path {path}"
        if judge.judge_form(self.findings, answer, what):
            self.judge(answer, case.format, case.l2, None, "", what)
            self.certify(words, answer, case.format, case.l2, None, "", "run")
            self.judge_path(answer, path, what)

    def judge_path(self, answer, path, what):
        for l2, part in zip(path, answer.content["path"]):
            problem, truth = self.known(answer, self.case.format, l2, None, "")
            if problem is None:
                return
            judge.judge_existence(self.findings, part, problem, truth, f"{what}, {l2:g}")
            below, objective, gap = truth.below, part["objective"], part["gap"]
            if objective is None or gap is None:
                continue
            slack = 1e-12 * max(1.0, abs(objective))  # no rounding is claimed here
            if objective - gap - slack > float(truth.exactly_above()):
                self.findings.append(Finding("gap", f"{what}: at {l2:g} gap {gap!r}, objective {objective!r}, infimum "
                                                    f"{float(truth.above[0])!r}"))
            if objective + slack < below:
                self.findings.append(Finding("objective", f"{what}: at {l2:g} the objective {objective!r} is below the "
                                                          f"infimum {below!r}"))

    def units(self):
        """Other powers of ten and offsets: the same optimum, no more than twice the iterations."""
        case = self.case
        first = self.train("svm", case.l2, out="a", key="a")
        second = self.train("svm", case.l2, out="b", numbers=case.drawn.variant, key="b")
        if first.content is None or second.content is None:
            return
        optima = [truth.above[0] for _, truth in self.truths.values()]
        self.compare({"one unit": first, "another": second}, "units", abs(float(optima[0] - optima[-1])))
        few, many = sorted([first.content["iterations"], second.content["iterations"]])
        if many > 2 * few + 2:
            self.findings.append(Finding("units", f"{few} iterations in one unit, {many} in another"))
