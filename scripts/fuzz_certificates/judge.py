"""Compares what the tool says with the truth. Whatever is called false here has been proven false with 60 digits."""
import dataclasses
import math
import re

import mpmath
import numpy as np

from fuzz_certificates import exactly
from fuzz_certificates.problem import EPSILON, REAL

SLACK = 1e-15        # relative: the last bits of what is printed
UNCLAIMED = 1e-9     # relative: of an objective for which no rounding is claimed
STATUSES = {"certified", "converged", "separable", "iteration_limit", "time_limit", "diverged"}


@dataclasses.dataclass
class Finding:
    name: str      # certificate, gap, existence, separation, objective, nan, hang, crash, form, certify, formats, …
    text: str
    proven: bool = True


class ModelValue:
    """F at the constants of a model file, as a long double with a bound on its error, and exactly on demand."""

    def __init__(self, problem, model):
        self.problem = problem
        self.weights, self.bias, self.center = model["weights"], model["bias"], model["center"]
        self.is_finite = all(np.isfinite(part).all() for part in (self.weights, self.bias, self.center))
        if self.is_finite:
            self.measure()

    def measure(self):
        problem = self.problem
        x = problem.x[problem.rows].astype(REAL) - self.center.astype(REAL)
        w, b = self.weights.astype(REAL), self.bias.astype(REAL)
        with np.errstate(all="ignore"):
            z = x @ w + b
            size = np.abs(x) @ np.abs(w) + np.abs(b)
            largest = z.max(axis=1)
            terms = np.exp(z - largest[:, None])
            terms[np.arange(len(z)), z.argmax(axis=1)] = 0
            rest = terms.sum(axis=1)
            losses = (problem.t * (largest[:, None] - z)).sum(axis=1) + np.log1p(rest)
            penalty = (problem.penalties[:, None] * w * w).sum() / 2 if problem.l2 else REAL(0)
            self.value = (problem.shares * losses).sum() + penalty
            # An error of a score counts by its slope: Σ|p − t| = 2(1 − p) ≤ 2 loss for labels.
            with_labels = problem.targets is None and not problem.smoothing
            slopes = problem.shares * (np.minimum(2, 4 * losses) if with_labels else 2)
            self.error = float(EPSILON * (2 * (len(w) + 4) * (slopes * size.max(axis=1)).sum()
                                          + (len(z) + len(w) + 8) * abs(self.value)))

    def exactly(self):
        return exactly.at_model(self.problem, self.weights, self.bias, self.center)


def difference_is_at_most(model, truth, bound):
    """Whether F(model) − F* ≤ bound: "proven", "likely" (against the best point found), "open" or "false" (proven)."""
    above, wrong = truth.above
    difference, error = float(model.value - above), model.error + wrong
    if not math.isfinite(difference + error):
        difference, error = 0.0, math.inf
    unsure = truth.unsure
    if difference + error > bound:
        with mpmath.workdps(exactly.DIGITS):
            exact = model.exactly() - truth.exactly_above()
            if exact > bound:
                return "false", float(exact)
            difference, error = float(exact), 0.0
    if difference + error + float(truth.above[0] - truth.below) <= bound:
        return "proven", difference
    return ("likely" if difference + error + unsure <= bound else "open"), difference


def judge_gap(findings, counts, answer, objective, model, truth, what):
    gap = answer.get("gap")
    if gap is None:
        return
    if not (isinstance(gap, (int, float)) and gap >= 0):
        findings.append(Finding("gap", f"{what}: the gap is {gap!r}"))
        return
    holds, difference = difference_is_at_most(model, truth, gap + SLACK * abs(objective))
    counts["gap " + holds] += 1
    if holds == "false":
        name = "certificate" if answer["status"] == "certified" else "gap"
        findings.append(Finding(name, f"{what}: {answer['status']}, gap {gap!r}, but the model's objective is "
                                      f"{difference:.6g} above a point that is there ({truth.why})"))


def judge_existence(findings, answer, problem, truth, what):
    status, certificate = answer["status"], answer.get("certificate") or {}
    claims = []
    if status == "certified" and problem.l2 == 0:
        claims.append("certified at λ = 0")
    if certificate.get("proves_existence"):
        claims.append("existence proven")
    for claim in claims:
        if truth.exists is False:
            findings.append(Finding("existence", f"{what}: {claim}, but no minimizer exists: {truth.why}"))
        elif truth.exists is None and truth.likely is False:
            findings.append(Finding("existence", f"{what}: {claim}, but a linear program says otherwise", proven=False))
    if status == "separable":
        if truth.exists:
            findings.append(Finding("separation", f"{what}: separable, but a minimizer exists: {truth.why}"))
        elif truth.exists is None and truth.likely:
            findings.append(Finding("separation", f"{what}: separable, but a linear program says otherwise", proven=False))


def isolates_a_class(problem, j):
    """Whether feature j alone proves separation: some class on one side of a threshold, all others on the other."""
    if problem.labels is None or problem.smoothing:
        return False
    column = np.array(problem.integer_columns[j][0], dtype=object)
    labels = problem.labels[problem.rows]
    for k in set(labels.tolist()):
        own, others = column[labels == k], column[labels != k]
        if len(others) and (min(own) >= max(others) or max(own) <= min(others)) and min(column) < max(column):
            return True
    return False


def judge_proving_features(findings, answer, problem, what):
    """Numbers named as proofs (x3 of CSV, "index 4" of LIBSVM, "column 3" of NPY) are looked up in the file."""
    for name in (answer.get("separation") or {}).get("proving_features") or []:
        found = re.fullmatch(r"(x|index |column )(\d+)", name)
        if found and not isolates_a_class(problem, int(found[2]) - (found[1] == "index ")):
            findings.append(Finding("separation", f"{what}: {name} is said to prove separation, which it does not"))


def judge_objective(findings, answer, model, what):
    """The printed objective against that of the model file, within the rounding that is claimed."""
    objective = answer.get("objective")
    if objective is None:
        if answer["status"] != "diverged":
            findings.append(Finding("nan", f"{what}: {answer['status']}, the objective is null"))
        return False
    certificate = answer.get("certificate") or {}
    claimed = certificate.get("rounding", UNCLAIMED * max(1.0, abs(objective))) + 4 * SLACK * max(1.0, abs(objective))
    if abs(model.value - REAL(objective)) + model.error > claimed or not np.isfinite(model.value):
        with mpmath.workdps(exactly.DIGITS):
            difference = objective - model.exactly()
            if abs(difference) > claimed:
                findings.append(Finding("objective", f"{what}: the objective is {objective!r}, that of the model file "
                                                     f"{float(difference):.3g} less, claimed to be within {claimed:.2g}"))
    if certificate and (certificate.get("objective") != objective or certificate.get("gap") != answer.get("gap")):
        findings.append(Finding("form", f"{what}: the block 'certificate' is that of another point: {certificate}, objective "
                                        f"{objective!r}, gap {answer.get('gap')!r}"))
    return True


def judge_form(findings, answer, what):
    """Whether there is an answer to judge."""
    if answer.hung:
        findings.append(Finding("hang", f"{what}: {answer.complaint}"))
    elif answer.complaint:
        crash = answer.code < 0 or answer.code == 70
        findings.append(Finding("crash" if crash else "form", f"{what}: {answer.complaint}"))
    elif answer.content is not None:
        status = answer.content.get("status")
        required = "--require-certificate" in answer.words and status != "certified"
        if answer.code != (5 if status == "diverged" else 1 if required else 0):
            findings.append(Finding("exit code", f"{what}: status {status}, exit code {answer.code}"))
        if status not in STATUSES | ({"not_certified"} if what.startswith("certify") else set()):
            findings.append(Finding("form", f"{what}: the status is {status!r}"))
        return True
    return False


def judge_solution(findings, counts, answer, tolerance, problem, model, truth, what):
    """Everything that an answer of train or certify says about a model."""
    if not model.is_finite:
        if answer["status"] != "diverged":
            findings.append(Finding("nan", f"{what}: {answer['status']}, the model's constants are not finite"))
        return
    if judge_objective(findings, answer, model, what):
        judge_gap(findings, counts, answer, answer["objective"], model, truth, what)
    judge_existence(findings, answer, problem, truth, what)
    judge_proving_features(findings, answer, problem, what)
    if answer["status"] == "certified" and not (answer.get("gap") is not None and answer["gap"] <= tolerance):
        findings.append(Finding("certificate", f"{what}: certified with a gap of {answer.get('gap')!r}, the tolerance is "
                                               f"{tolerance!r}"))


def judge_agreement(findings, trained, certified):
    """certify on what train has just written."""
    a, b = trained["status"], certified["status"]
    if a == "certified" and b != "certified":
        findings.append(Finding("certify", f"train says certified (gap {trained['gap']:.3g}), certify {b} "
                                           f"(gap {certified.get('gap')})"))
    if a == "separable" and b == "certified":
        findings.append(Finding("certify", "train says separable, certify certified"))
    x, y = trained.get("objective"), certified.get("objective")
    if x is not None and y is not None and abs(x - y) > UNCLAIMED * max(1, abs(x)):
        findings.append(Finding("certify", f"train says the objective is {x!r}, certify {y!r}"))
