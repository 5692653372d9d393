"""F with 60 digits, from exact scores: what decides where long doubles cannot."""
import fractions

import mpmath

from fuzz_certificates import exact

DIGITS = 60


def to_mp(value):
    value = exact.as_fraction(value)
    return mpmath.mpf(value.numerator) / value.denominator


def cross_entropy(problem, scores, denominator, mask=None):
    """Σ s_i [lse(z_i) − ⟨t_i, z_i⟩] of scores that are integers over one denominator."""
    total = mpmath.mpf(0)
    for i, (share, targets) in enumerate(zip(problem.exact_shares, problem.exact_targets)):
        kept = [c for c in range(problem.classes) if mask is None or mask[i, c]]
        largest = max(scores[i, c] for c in kept)
        down = {c: mpmath.mpf(int(largest - scores[i, c])) / denominator for c in kept}
        loss = mpmath.log(sum(mpmath.exp(-value) if value < 10**6 else mpmath.mpf(0) for value in down.values()))
        loss += sum(to_mp(targets[c]) * value for c, value in down.items() if targets[c])
        total += to_mp(share) * loss
    return total


def at_coordinates(problem, basis, v, mask=None):
    """F at the coordinates V of a basis."""
    with mpmath.workdps(DIGITS):
        scores, denominator = basis.exact_scores(v)
        return cross_entropy(problem, scores, denominator, mask) + to_mp(basis.exact_penalty(v))


def model_scores(problem, weights, bias, center):
    """(x − center) W + b, exactly, of float64 W [d, K], b [K], center [d]."""
    x, x_den = exact.over_one_denominator(problem.x[problem.rows].astype(object))
    c, c_den = exact.over_one_denominator(center.astype(object))
    w, w_den = exact.over_one_denominator(weights.astype(object))
    b, b_den = exact.over_one_denominator(bias.astype(object))
    moved = x * c_den - (c * x_den)[None, :]          # over x_den·c_den
    scores = moved.dot(w) * b_den + (b * (x_den * c_den * w_den))[None, :]
    return scores, x_den * c_den * w_den * b_den


def at_model(problem, weights, bias, center):
    """F of a model file."""
    with mpmath.workdps(DIGITS):
        scores, denominator = model_scores(problem, weights, bias, center)
        penalty = fractions.Fraction(0)
        for j, row in enumerate(weights):
            if problem.l2 and any(row):
                penalty += problem.exact_penalties[j] / 2 * sum(exact.as_fraction(float(w)) ** 2 for w in row)
        return cross_entropy(problem, scores, denominator) + to_mp(penalty)
