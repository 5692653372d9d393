#include "poise/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/index.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "loss/ranking.h"
#include "loss/targets.h"
#include "loss/temperature.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "poise/network.h"

namespace poise {
namespace {

constexpr int kCalibrationBins = 15;
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// What one pass at β = 1 finds of every row.
struct RowFigures {
  TargetedScores targeted;
  Vector level;                    // max z + ln Σ e^u: scores less it are ln p; for areas under ROC curves alone
  Vector log_sum;                  // −ln of the largest probability
  std::vector<std::int32_t> best;  // the most probable class
  ScoreMeans means;
  ScoreKind kind;
};

struct PassSums {
  ScoreMeans means;
  ScoreKind kind;
  PassSums& operator+=(const PassSums& other) {
    means += other.means;
    kind += other.kind;
    return *this;
  }
};

RowFigures figures_of(const ScoredRows& scores, const TargetRows& targets, Vector share, const MeasureOptions& options,
                      bool ranks) {
  const Index n = scores.rows(), classes = scores.classes();
  RowFigures out{{scores, Vector(n), std::move(share)}, Vector(ranks ? n : 0), Vector(n), {}, {}, {}};
  out.best.resize(n);
  const PassSums sums =
      sum_over_rows<PassSums>(scores, options, [&](Index first, Index count, const double* z, PassSums& sum) {
        BlockMoments moments(classes);
        moments.compute(z, count, 1);
        for (Index r = 0; r < count; ++r) {
          const Index i = first + r;
          out.targeted.target_score[i] = targets.score(i, z + r * classes, moments.top[r]);
          out.log_sum[i] = moments.log_sum[r];
          if (ranks) out.level[i] = moments.top[r] + moments.log_sum[r];
          out.best[i] = moments.best[r];
          if (!(out.targeted.share[i] > 0)) continue;
          sum.kind.always_right = sum.kind.always_right && out.targeted.target_score[i] == 0;
          sum.kind.flat = sum.kind.flat && moments.spread[r] == 0;
        }
        moments.add(out.targeted, first, count, 1, sum.means);
      });
  out.means = sums.means;
  out.kind = sums.kind;
  return out;
}

/// Sums over the rows of a bin.
struct BinSums {
  Index rows = 0;
  double share = 0, hits = 0, sure = 0;
};

/// By confidence, all bins; empty if a confidence is NaN.
std::vector<BinSums> sums_by_confidence(const RowFigures& rows, const TargetRows& targets) {
  std::vector<BinSums> bins(kCalibrationBins);
  for (std::size_t i = 0; i < rows.best.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const double confidence = std::exp(-rows.log_sum[row]), share = rows.targeted.share[row];
    if (!(share > 0)) continue;
    if (std::isnan(confidence)) return {};
    BinSums& bin =
        bins[std::min<std::size_t>(kCalibrationBins - 1, static_cast<std::size_t>(confidence * kCalibrationBins))];
    ++bin.rows;
    bin.share += share;
    bin.hits += share * targets.of_class(row, rows.best[i]);
    bin.sure += share * confidence;
  }
  return bins;
}

void measure_reliability(const RowFigures& rows, const TargetRows& targets, Metrics& metrics) {
  const std::vector<BinSums> bins = sums_by_confidence(rows, targets);
  metrics.expected_calibration_error = bins.empty() ? kNone : 0;
  for (const BinSums& bin : bins) {
    metrics.expected_calibration_error += std::abs(bin.hits - bin.sure);
    if (bin.rows > 0) metrics.reliability.push_back({bin.rows, bin.share, bin.sure / bin.share, bin.hits / bin.share});
  }
}

/// Ties in the order of rows.
std::vector<WrongRow> surest_errors(const RowFigures& rows, const TargetRows& targets) {
  std::vector<WrongRow> wrong;
  for (std::size_t i = 0; i < rows.best.size(); ++i) {
    const auto row = static_cast<Index>(i);
    if (targets.label(row) != rows.best[i] && rows.targeted.share[row] > 0)
      wrong.push_back({row, targets.label(row), rows.best[i], std::exp(-rows.log_sum[row])});
  }
  const auto is_surer = [&](const WrongRow& a, const WrongRow& b) {
    return std::tie(rows.log_sum[a.row], a.row) < std::tie(rows.log_sum[b.row], b.row);
  };
  const auto end = wrong.begin() + static_cast<std::ptrdiff_t>(std::min(kSurestErrors, wrong.size()));
  std::partial_sort(wrong.begin(), end, wrong.end(), is_surer);
  wrong.erase(end, wrong.end());
  return wrong;
}

/// √(v Σ s_i²/(1 − Σ s_i²)) with v = Σ s_i (CE_i − CE)²: for rows of one weight the standard deviation over √n.
double error_of_cross_entropy(const RowFigures& rows, double mean) {
  double variance = 0, squares = 0;
  for (Index i = 0; i < rows.targeted.share.size(); ++i) {
    const double share = rows.targeted.share[i];
    if (!(share > 0)) continue;
    const double difference = rows.log_sum[i] - rows.targeted.target_score[i] - mean;
    variance += share * difference * difference;
    squares += share * share;
  }
  return squares < 1 - 1e-12 ? std::sqrt(variance * squares / (1 - squares)) : kNone;
}

constexpr Index kClassesAtOnce = 8;

bool affords_ranking(Index rows, Index classes, const MeasureOptions& options) {
  const Index columns = std::min(classes, kClassesAtOnce * resolve_threads(options.threads));
  const double bytes = static_cast<double>(rows) * (8 * static_cast<double>(columns) + 32);
  return bytes <= 1.6e7 || bytes <= 0.5 * memory_allowed(options.memory);
}

/// The area under the ROC curve of every class, some classes at a time: a column alone would use an eighth of what is
/// read.
void measure_ranking(const RowFigures& rows, const TargetRows& targets, const Vector& weight,
                     const MeasureOptions& options, std::vector<ClassMetrics>& by_class) {
  const ScoredRows& scores = rows.targeted.scores;
  const Index n = scores.rows(), classes = scores.classes();
  const Index groups = (classes + kClassesAtOnce - 1) / kClassesAtOnce;
  const std::vector<double> weights(weight.begin(), weight.end());
  const auto measure = [&](Index group) {
    const Index begin = part_begin(classes, groups, group), count = part_begin(classes, groups, group + 1) - begin;
    std::vector<std::vector<double>> log_p(count, std::vector<double>(n));
    std::vector<double> room;
    for (Index first = 0; first < n; first += ScoredRows::kBlockRows) {
      const Index block = std::min(ScoredRows::kBlockRows, n - first);
      const double* z = scores.block(first, block, room);
      for (Index r = 0; r < block; ++r) {
        for (Index c = 0; c < count; ++c) log_p[c][first + r] = z[r * classes + begin + c] - rows.level[first + r];
      }
    }
    std::vector<char> is_positive(n);
    for (Index c = 0; c < count; ++c) {
      for (Index i = 0; i < n; ++i) is_positive[i] = targets.label(i) == begin + c;
      by_class[begin + c].auc = area_under_roc(log_p[c], is_positive, weights);
    }
  };
  if (!parallel_for_watched(options.watcher, "measuring: areas under ROC curves", groups, options.threads, measure))
    throw MeasurementStopped();
}

/// The mean of the numbers among them; NaN if there is none.
double mean_of_numbers(const std::vector<ClassMetrics>& classes, double ClassMetrics::*member) {
  double sum = 0;
  int count = 0;
  for (const ClassMetrics& one : classes) {
    if (std::isnan(one.*member)) continue;
    sum += one.*member;
    ++count;
  }
  return sum / count;
}

void measure_classes(Metrics& metrics) {
  const Matrix& confusion = metrics.confusion;
  for (Index c = 0; c < confusion.rows(); ++c) {
    const double weight = confusion.row(c).sum(), predicted = confusion.col(c).sum(), right = confusion(c, c);
    metrics.by_class.push_back(
        {weight, predicted, right / predicted, right / weight, 2 * right / (weight + predicted), kNone});
  }
  metrics.balanced_accuracy = mean_of_numbers(metrics.by_class, &ClassMetrics::recall);
  metrics.macro_f1 = mean_of_numbers(metrics.by_class, &ClassMetrics::f1);
  metrics.accuracy = confusion.trace() / confusion.sum();
  metrics.majority_share = confusion.rowwise().sum().maxCoeff() / confusion.sum();
}

double entropy_of_frequencies(const TargetRows& targets, const Vector& share, Index classes) {
  Vector frequency = Vector::Zero(classes);
  for (Index i = 0; i < share.size(); ++i) targets.add(i, share[i], frequency);
  double entropy = 0;
  for (const double f : frequency) entropy -= f > 0 ? f * std::log(f) : 0;
  return entropy;
}

Metrics evaluate(const ScoredRows& scores, const Dataset& data, const MeasureOptions& options) {
  const Index n = scores.rows(), classes = scores.classes();
  const bool weighted = data.sample_weight.size() > 0;
  const double sum = weighted ? data.sample_weight.sum() : static_cast<double>(n);
  if (!(sum > 0)) throw Error(ErrorKind::kData, "the sample weights add up to 0", "a positive sum");
  const TargetRows targets(data);
  const bool ranks = options.auc && affords_ranking(n, classes, options);
  Vector share = weighted ? Vector(data.sample_weight / sum) : Vector::Constant(n, 1 / sum);
  const RowFigures rows = figures_of(scores, targets, std::move(share), options, ranks);
  Metrics metrics;
  metrics.rows = n;
  metrics.confusion = Matrix::Zero(classes, classes);
  for (Index i = 0; i < n; ++i)
    metrics.confusion(targets.label(i), rows.best[i]) += weighted ? data.sample_weight[i] : 1;
  metrics.cross_entropy = rows.means.cross_entropy;
  metrics.entropy = rows.means.entropy;
  metrics.equilibrium_gap = rows.means.slope;  // at β = 1
  metrics.at_rest = std::abs(metrics.equilibrium_gap) <= kRestShare * metrics.cross_entropy;
  metrics.cross_entropy_error = error_of_cross_entropy(rows, metrics.cross_entropy);
  measure_reliability(rows, targets, metrics);
  if (!metrics.reliability.empty()) metrics.surest_errors = surest_errors(rows, targets);
  metrics.frequencies_entropy = entropy_of_frequencies(targets, rows.targeted.share, classes);
  metrics.temperature = fit_temperature(rows.targeted, rows.kind, rows.means, options);
  measure_classes(metrics);
  if (ranks) measure_ranking(rows, targets, data.sample_weight, options, metrics.by_class);
  metrics.auc = mean_of_numbers(metrics.by_class, &ClassMetrics::auc);
  return metrics;
}

void require_targets(const Dataset& data) {
  if (data.has_targets()) return;
  throw Error(ErrorKind::kData, "the data has no labels to compare with", "a label or target a row");
}

}  // namespace

std::vector<Index> Metrics::never_predicted() const {
  std::vector<Index> classes;
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    if (by_class[c].weight > 0 && by_class[c].predicted == 0) classes.push_back(static_cast<Index>(c));
  }
  return classes;
}

Metrics evaluate_scores(const Matrix& scores, const Dataset& data, const MeasureOptions& options) {
  require_targets(data);
  if (scores.rows() != data.rows())
    throw Error(ErrorKind::kInternal, fmt::format("{} scores for {} rows", scores.rows(), data.rows()));
  return evaluate(ScoredRows(scores), data, options);
}

Metrics evaluate_network(const Network& network, const Dataset& data, const MeasureOptions& options) {
  require_classifier(network);
  require_targets(data);
  return evaluate(ScoredRows(network, data, options, bytes_for_scores(options)), data, options);
}

Temperature fit_temperature(const Matrix& scores, const Matrix& targets, const Vector& weight,
                            const MeasureOptions& options) {
  const ScoredRows rows(scores);
  const RowFigures figures = figures_of(rows, TargetRows(targets), weight / weight.sum(), options, false);
  return fit_temperature(figures.targeted, figures.kind, figures.means, options);
}

}  // namespace poise
