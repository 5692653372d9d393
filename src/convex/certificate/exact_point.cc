#include "convex/certificate/exact_point.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"
#include "base/parallel.h"
#include "convex/certificate/double_double.h"
#include "convex/certificate/rounding.h"

namespace poise::inline convex {
namespace {

constexpr double kTiny = 1e-300;  // what may be lost where numbers end at the lower end

/// x̃ of a feature, exactly: (x − center)/unit.
DoubleDouble as_solved(const ExactRows& rows, Index j, double x) {
  const double inverse = 1 / rows.unit(j);
  if (rows.center(j) == 0) return {x * inverse, 0};
  const DoubleDouble difference = exact_sum(x, -rows.center(j));
  return {difference.high * inverse, difference.low * inverse};
}

/// Scores of rows, class after class, and what their rounding may amount to.
class Scores {
 public:
  Scores(const ExactRows& rows, const Parameters& w) : rows_(rows), w_(w), classes_(w.cols()) {
    const Index d = rows.cols();
    largest_.resize(d + 1);
    for (Index j = 0; j <= d; ++j) largest_[j] = w.row(j).cwiseAbs().maxCoeff();
    start_.resize(classes_);
    start_size_ = largest_[d];
    for (Index c = 0; c < w.cols(); ++c) start_[c].add(w(d, c));
    if (!rows.sparse()) return;
    for (Index j = 0; j < d; ++j) {  // what the entries that are not stored add to every row
      if (rows.center(j) != 0) add(j, as_solved(rows, j, 0), start_, start_size_, 1);
    }
  }

  /// Replaces `z`; returns η.
  double of_row(Index i, std::vector<DoubleDouble>& z) const {
    std::vector<CompensatedSum> sum = start_;
    double size = start_size_;
    Index terms = 4;
    rows_.for_each(i, [&](Index j, double x) {
      ++terms;
      add(j, as_solved(rows_, j, x), sum, size, 1);
      if (rows_.sparse() && rows_.center(j) != 0) add(j, as_solved(rows_, j, 0), sum, size, -1);
    });
    if (rows_.sparse()) terms += rows_.cols();
    for (std::size_t c = 0; c < classes_; ++c) z[c] = sum[c].value();
    const double relative = 8 * static_cast<double>(terms) * kUnit;
    return relative * relative * size + kTiny * static_cast<double>(terms);
  }

 private:
  void add(Index j, const DoubleDouble& x, std::vector<CompensatedSum>& sum, double& size, double sign) const {
    size += std::abs(x.high) * largest_[j];
    for (std::size_t c = 0; c < classes_; ++c) sum[c].add_product(sign * w_(j, static_cast<Index>(c)), x);
  }

  const ExactRows& rows_;
  const Parameters& w_;
  std::size_t classes_;
  Vector largest_;
  std::vector<CompensatedSum> start_;
  double start_size_ = 0;
};

struct RowLoss {
  double loss = 0;                                         // right up to a relative δ and 2η
  double lead = -std::numeric_limits<double>::infinity();  // of the one class with a target over all others; may be < 0
};

/// Loss and p of one row from its scores.
RowLoss row_loss(const std::vector<DoubleDouble>& z, std::span<const double> target, double* p) {
  const std::size_t classes = z.size();
  std::size_t top = 0;
  for (std::size_t c = 1; c < classes; ++c) {
    if (z[c].high > z[top].high) top = c;
  }
  double rest = 0;
  for (std::size_t c = 0; c < classes; ++c) {
    const DoubleDouble difference = exact_sum(z[c].high, -z[top].high);
    p[c] = difference.high + (difference.low + (z[c].low - z[top].low));  // z_c − z_top
    if (c != top) rest += std::exp(p[c]);
  }
  const double log_sum = std::log1p(rest);
  RowLoss out;
  double next = -std::numeric_limits<double>::infinity();
  for (std::size_t c = 0; c < classes; ++c) {
    out.loss += target[c] * (log_sum - p[c]);
    if (c != top) next = std::max(next, p[c]);
  }
  if (target[top] == 1) out.lead = -next;
  for (std::size_t c = 0; c < classes; ++c) p[c] = (c == top ? 1 : std::exp(p[c])) / (1 + rest);
  return out;
}

}  // namespace

ExactPoint evaluate_exactly(const Problem& problem, const ExactRows& rows, std::span<const Index> counted,
                            const Parameters& w, int threads) {
  const auto n = static_cast<Index>(counted.size());
  // Of many rows many parts: while the last is computed nobody asks whether to stop.
  const Index classes = problem.classes, parts = std::max(std::clamp<Index>(n / 256, 1, 32), n / 65536);
  ExactPoint out;
  out.p.resize(n, classes);
  out.slack.resize(n);
  out.most.resize(n);
  out.finite = w.allFinite();
  if (!out.finite) return out;
  const Scores scores(rows, w);
  struct Sum {
    double loss = 0, error = 0;
  };
  std::vector<Sum> sums(parts);
  parallel_for(parts, threads, [&](Index part) {
    std::vector<DoubleDouble> z(classes);
    std::vector<double> target(classes);
    Sum& sum = sums[part];
    for (Index r = part_begin(n, parts, part), end = part_begin(n, parts, part + 1); r < end; ++r) {
      const Index i = counted[r];
      const double error = scores.of_row(i, z);
      problem.target_of(i, target);
      const RowLoss row = row_loss(z, target, out.p.row(r).data());
      const double s = problem.row_weight[i], by_lead = static_cast<double>(classes) * std::exp(2 * error - row.lead);
      out.slack[r] = 4 * error + (2 * static_cast<double>(classes) + 1600) * kUnit;
      const double wrong = 2 * error + out.slack[r] * row.loss;
      out.most[r] = std::min(row.loss + wrong, by_lead * (1 + 1e-9) + kTiny);
      sum.loss += s * row.loss;
      sum.error += s * std::min(wrong, std::max(out.most[r], row.loss));
    }
  });
  for (const Sum& sum : sums) {
    out.loss += sum.loss;
    out.loss_error += sum.error;
  }
  out.loss_error += 4 * kUnit * static_cast<double>(n + 40) * out.loss;
  out.finite = std::isfinite(out.loss) && std::isfinite(out.loss_error) && out.p.allFinite() && out.slack.allFinite();
  return out;
}

ExactPoint part_of(const ExactPoint& point, std::span<const Index> positions) {
  ExactPoint part;
  const auto count = static_cast<Index>(positions.size());
  part.p.resize(count, point.p.cols());
  part.slack.resize(count);
  part.most.resize(count);
  for (Index r = 0; r < count; ++r) {
    const Index from = positions[r];
    part.p.row(r) = point.p.row(from);
    part.slack[r] = point.slack[from];
    part.most[r] = point.most[from];
  }
  part.finite = point.finite;
  return part;
}

}  // namespace poise::inline convex
