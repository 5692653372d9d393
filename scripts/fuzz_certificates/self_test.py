"""The referee on problems whose answers are known otherwise: closed forms, constructions, figures from elsewhere."""
import itertools
import math

import numpy as np

from fuzz_certificates import basis, exactly, recession, referee
from fuzz_certificates.problem import Problem


def problem(x, labels, l2=0.0, classes=None, **more):
    x, labels = np.array(x, dtype=float), np.array(labels)
    return Problem(x, classes or int(labels.max()) + 1, labels, l2=l2, **more)


def entropy(shares):
    return -sum(p * math.log(p) for p in shares if p > 0)


def expect(truth, exists, infimum, name, tolerance=1e-15):
    value = float(truth.above[0])
    if truth.exists is not exists:
        raise AssertionError(f"{name}: exists is {truth.exists} ({truth.why}), expected {exists}")
    if infimum is not None and not abs(value - infimum) <= tolerance * max(1, abs(infimum)):
        raise AssertionError(f"{name}: the infimum is {value!r}, expected {infimum!r}")
    exact = float(truth.exactly_above())
    if abs(exact - value) > truth.above[1] + 2e-16 * abs(exact):
        raise AssertionError(f"{name}: F is {value!r} as a long double and {exact!r} with 60 digits")
    if float(truth.below) > exact:
        raise AssertionError(f"{name}: the lower bound {truth.below!r} is above {exact!r}")


def closed_forms():
    # One group of rows a category: F* is the mean entropy of the labels within it.
    x = [[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 1]]
    labels = [0, 0, 1, 0, 1, 1, 1]
    value = 3 / 7 * entropy([2 / 3, 1 / 3]) + 4 / 7 * entropy([1 / 4, 3 / 4])
    expect(referee.find_truth(problem(x, labels)), True, value, "two groups")
    offset = (np.array(x) * 1e-3 + 1e12).tolist()
    expect(referee.find_truth(problem(offset, labels)), True, value, "two groups at 1e12")
    # No feature that says anything: the entropy of the classes, with any penalty.
    for l2 in (0.0, 1e-300, 1e-4, 1e6):
        expect(referee.find_truth(problem([[7.0]] * 5, [0, 0, 1, 2, 2], l2)), True, entropy([.4, .2, .4]), f"constant {l2}")
    # Three places with two of three classes each: the third class's logit runs to -infinity there.
    x = [[-1, -1], [1, 0], [-2, 1], [-1, -1], [1, 0], [-2, 1]]
    expect(referee.find_truth(problem(x, [2, 1, 0, 1, 0, 2])), False, math.log(2), "three places")
    expect(referee.find_truth(problem(x, [2, 1, 0, 1, 0, 2], smoothing=0.1)), True, None, "three places, smoothed")
    expect(referee.find_truth(problem([[0.0], [1.0], [2.0]], [0, 1, 1])), False, 0.0, "separable")
    # A class of weight 0: with and without penalty its bias runs off.
    weights = np.array([1.0, 1.0, 0.0])
    for l2 in (0.0, 1e-3):
        truth = referee.find_truth(problem([[0.0], [0.0], [1.0]], [0, 1, 2], l2, weights=weights))
        expect(truth, False, math.log(2), f"massless {l2}")
    # x = -1 and 1, one row each and one of the other class at each end: by symmetry W = ±(w, -w), b = 0.
    # Two classes: f(w) = [3 ln(1 + e^-2w) + ln(1 + e^2w)]/4 at labels 3:1, minimal at e^2w = 3.
    x, labels = [[-1]] * 4 + [[1]] * 4, [0, 0, 0, 1, 1, 1, 1, 0]
    expect(referee.find_truth(problem(x, labels)), True, entropy([.75, .25]), "symmetric")
    # With penalty: (λ/2)·2w² added; minimal where 4λw = 2·(3/(1+e^2w) - e^2w/(1+e^2w))/... found by bisection.
    l2, low, high = 0.3, 0.0, 1.0
    for _ in range(200):
        w = (low + high) / 2
        slope = (-2 * 3 / (1 + math.exp(2 * w)) + 2 / (1 + math.exp(-2 * w))) / 4 + 2 * l2 * w
        low, high = (w, high) if slope < 0 else (low, w)
    value = (3 * math.log1p(math.exp(-2 * w)) + math.log1p(math.exp(2 * w))) / 4 + l2 * w * w
    expect(referee.find_truth(problem(x, labels, l2)), True, value, "symmetric, penalty")
    scaled = (np.array(x) * 1e-3 + 5).tolist()  # standardized: the same problem
    expect(referee.find_truth(problem(scaled, labels, l2)), True, value, "symmetric, penalty, other unit", 1e-13)


def fill_values():
    """Two huge columns: rows 0 and 1 differ by 1e18 in one, 2 and 3 agree: one pair is separated, one cannot be."""
    x = [[1e18, 0.5], [-1e18, 0.5], [0, 0.5], [0, 0.5]]
    expect(referee.find_truth(problem(x, [0, 1, 0, 1])), False, math.log(2) / 2, "huge")
    # Milliseconds: the pair that lies the wrong way round makes a minimum exist, however flat.
    x = [[1.6e12 + 1e9 * i] for i in range(10)]
    labels = [0] * 5 + [1] * 5
    expect(referee.find_truth(problem(x, labels)), False, 0.0, "times")
    x[4][0], x[5][0] = 1604807238061.0, 1604807237861.0
    expect(referee.find_truth(problem(x, labels)), True, None, "times, a pair the wrong way round")
    # 0.1 + 0.2 is not 0.3 in float64: totals that were rounded are a direction of their own.
    for numbers, rank in ((([1, 5], [2, 1], [3, 3], [4, 0]), 3), (([.1, .2], [.3, .3], [.7, .1], [.5, .5]), 4)):
        x = [[a, b, a + b] for a, b in numbers]
        if basis.make_basis(problem(x, [0, 1, 0, 1])).top.shape[1] != rank:
            raise AssertionError(f"the rank of totals {x} is not {rank}")


def constructed(draw):
    """Random tables of small integers, made separable, quasi-separable or overlapping, against each other's answers."""
    rows, d, classes = draw.integers(4, 25), draw.integers(1, 4), draw.integers(2, 5)
    x = draw.integers(-3, 4, (rows, d)).astype(float)
    w = draw.integers(-2, 3, (d, classes)).astype(float)
    scores = x @ w + draw.integers(-1, 2, classes)
    labels = scores.argmax(axis=1)
    tied = (scores == scores.max(axis=1, keepdims=True)).sum(axis=1) > 1
    present, labels = np.unique(labels, return_inverse=True)
    if len(present) < 2:
        return
    # The direction never speaks against a row's class: recession, unless all rows are tied between all classes.
    truth = referee.find_truth(problem(x, labels, classes=len(present)))
    if truth.exists is not False:
        raise AssertionError(f"separable by construction, but exists is {truth.exists}: {x.tolist()}, {labels.tolist()}")
    if not tied.any() and float(truth.above[0]) != 0:
        raise AssertionError("completely separable, but the infimum is not 0")
    # Every row once with every class: no direction can speak for any of them.
    everywhere = np.repeat(x, len(present), axis=0)
    balanced = np.tile(np.arange(len(present)), rows)
    expect(referee.find_truth(problem(everywhere, balanced)), True, math.log(len(present)), "overlapping", 1e-14)


def against_brute_force(draw):
    """Directions with small integer entries, all of them, against the simplex method."""
    rows = draw.integers(3, 9)
    x, labels = draw.integers(-1, 2, (rows, 2)), draw.integers(0, 2, rows)
    if len(set(labels.tolist())) < 2:
        return
    found = False
    for v in itertools.product(range(-4, 5), repeat=3):
        margins = (x @ np.array(v[:2]) + v[2]) * (2 * labels - 1)
        found = found or bool((margins >= 0).all() and (margins > 0).any())
    one = problem(x, labels)
    verdict = recession.answer(one, basis.make_basis(one))[0]
    if verdict != ("recession" if found else "exists"):
        raise AssertionError(f"brute force: {found}, simplex: {verdict}: {x.tolist()}, {labels.tolist()}")
    if referee.find_truth(one).exists is found:
        raise AssertionError(f"brute force: {found}, referee: the contrary: {x.tolist()}, {labels.tolist()}")


def model_values(draw):
    """F of a model in coordinates and in weights, and with 60 digits, is one number."""
    x = draw.normal(size=(12, 3)) * [1, 1e5, 1e-4] + [0, 1e6, 3]
    one = problem(x, draw.integers(0, 3, 12), 0.01, classes=3)
    truth = referee.find_truth(one)
    zero = np.zeros
    start = exactly.at_model(one, zero((3, 3)), zero(3), zero(3))
    if abs(float(start) - math.log(3)) > 1e-15 or not float(truth.above[0]) < math.log(3):
        raise AssertionError(f"F at 0 is {start}")


def run():
    closed_forms()
    fill_values()
    for seed in range(40):
        draw = np.random.default_rng(seed)
        constructed(draw)
        against_brute_force(draw)
        model_values(draw)
