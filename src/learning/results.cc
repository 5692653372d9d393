// What comes of training: the epochs as they are measured, when to stop, and the network that is kept.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/words.h"
#include "learning/trainer.h"
#include "poise/metrics.h"

namespace poise::learning {

Measured means_of(const BatchSums& sums) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (!(sums.weight > 0)) return {kNone, kNone, kNone};
  return {sums.loss / sums.weight, sums.correct / sums.weight, sums.entropy_gap / sums.weight};
}

/// The loss that rest is about, which need not be the plain cross-entropy of the rows.
static const char* trained_loss(const NetworkOptions& options) {
  const bool smoothed = options.objective.label_smoothing > 0;
  if (options.objective.balanced_classes || !options.objective.class_weights.empty())
    return smoothed ? "the class-weighted loss of smoothed labels" : "the class-weighted loss";
  return smoothed ? "the loss of smoothed labels" : "cross-entropy";
}

BatchSums Trainer::measure_validation() {
  BatchSums sums;
  held_out_batch_->parameters_changed();
  team_.run([&](int) { held_out_batch_->evaluate(team_, held_out_rows_, parameters_, sums); });
  return sums;
}

/// Of rows to train on, with nothing dropped out.
BatchSums Trainer::measure_training(std::span<const Index> rows) {
  BatchSums sums;
  batch_.parameters_changed();
  team_.run([&](int) { batch_.evaluate(team_, rows, parameters_, sums); });
  return sums;
}

Epoch Trainer::measure_epoch(int number) {
  Epoch epoch;
  epoch.number = number;
  epoch.target = options_.target;
  epoch.train = means_of(sums_);
  if (sums_.weight > 0)
    epoch.bulk_energy = sums_.bulk_energy / sums_.weight, epoch.energy = sums_.energy / sums_.weight;
  epoch.temperature = batch_.temperature();
  if (held_out_) epoch.validation = smoothed(means_of(measure_validation()));
  epoch.imbalance_at_rest = imbalance_at_rest();
  epoch.curvature = pace_.curvature();
  epoch.learning_rate = first_rate_;
  epoch.seconds = seconds();
  report_.history.push_back(epoch);
  return epoch;
}

Validated Trainer::smoothed(const Measured& measured) {
  constexpr double kWeight = 0.2;  // of the epoch in the mean: about five epochs count
  if (!std::isfinite(measured.loss)) return {measured, std::numeric_limits<double>::quiet_NaN()};
  const double before = smoothed_accuracy_.value_or(measured.accuracy);
  smoothed_accuracy_ = before + kWeight * (measured.accuracy - before);
  return {measured, *smoothed_accuracy_};
}

/// The last epoch at which the running mean of the accuracy on the validation data is its largest, where half a row
/// makes no difference; without such data the last. The mean takes the luck out of single epochs: of a hundred rows one
/// is a whole point. Of four noisy suite sets it was best on three, beside the largest accuracy and the smallest loss.
/// Weights that lead to no finite loss are never kept.
void Trainer::keep_best(const Epoch& epoch) {
  if (epoch.validation) {
    const double now = epoch.validation->smoothed_accuracy;
    constexpr double kOfVariance = 1e-4;  // of a share of variance, which rows are not counted in
    const double half_a_row =
        options_.target == Target::kFeatures ? kOfVariance : 0.5 / static_cast<double>(held_out_rows_.size());
    if (std::isnan(now) || now < best_accuracy_ - half_a_row) return;
    // Nor is creeping towards a limit a gain for patience.
    if (now > gained_accuracy_ + half_a_row) {
      gained_accuracy_ = now;
      gained_epoch_ = epoch.number;
    }
    best_accuracy_ = std::max(best_accuracy_, now);
  }
  report_.best_epoch = epoch.number;
  if (held_out_) best_ = parameters_;
}

void Trainer::show(const Epoch& epoch) {
  watcher_.on_event({.kind = Event::Kind::kEpoch,
                     .epoch = &epoch,
                     .epochs = options_.epochs,
                     .network = [this] { return to_network(parameters_); },
                     .time_limit = options_.time_limit > 0 ? earlier_ + options_.time_limit : 0});
}

std::optional<TrainingStatus> Trainer::reason_to_stop() const {
  const int done = report_.history.back().number;
  if (options_.patience > 0 && held_out_ && done - gained_epoch_ >= options_.patience) {
    return TrainingStatus::kStopped;
  }
  if (options_.stop_at_rest && is_at_rest()) return TrainingStatus::kAtRest;
  return std::nullopt;
}

/// At a stationary last layer 0 = ⟨W, ∂L/∂W⟩ + ⟨b, ∂L/∂b⟩ = CE − H − κ⟨Var_p(z)⟩ + λ‖W‖²
/// (docs/theory/network.md#when-a-network-is-at-rest with the penalty's own term).
double Trainer::imbalance_at_rest() const {
  if (loss_of(options_) != Loss::kCrossEntropy) return 0;
  double imbalance = 0;
  if (options_.entropy_weight != 0 && sums_.weight > 0)
    imbalance += options_.entropy_weight * sums_.score_variance / sums_.weight;
  if (*options_.objective.l2 == 0) return imbalance;
  const double squares = to_layers(layout_, parameters_, options_.activation).back().weights.squaredNorm();
  return imbalance - *options_.objective.l2 * squares;
}

/// Both processes balance and the loss stands still: |CE − H − imbalance_at_rest| ≤ 2 % of the loss (kRestShare), which
/// has moved by less than 1 % in each of the last two epochs. Not before steps have their full size: a network that has
/// not learned anything yet answers 1/K, where CE = H, too.
bool Trainer::is_at_rest() const {
  constexpr double kDrift = 0.01;
  const auto& history = report_.history;
  const auto least = static_cast<std::size_t>(std::ceil(Pace::kRise * options_.epochs));
  if (history.size() < std::max<std::size_t>(least, 3)) return false;
  for (std::size_t k = history.size() - 2; k < history.size(); ++k) {
    const Measured &now = history[k].train, &old = history[k - 1].train;
    const double excess = now.equilibrium_gap - history[k].imbalance_at_rest;
    const bool balanced = std::abs(excess) <= kRestShare * now.loss;  // false for NaN, of no rows
    if (!balanced || !(std::abs(now.loss - old.loss) <= kDrift * now.loss)) return false;
  }
  return true;
}

std::string Trainer::explain(TrainingStatus status) const {
  const std::size_t done = report_.history.size();
  switch (status) {
    case TrainingStatus::kStopped:
      return "no better on the validation data for " + counted(options_.patience, "epoch");
    case TrainingStatus::kAtRest:
      return *options_.objective.l2 > 0
                 ? fmt::format("{} is as far below output entropy as the penalty holds it, and stands still",
                               trained_loss(options_))
                 : fmt::format("{} equals output entropy and stands still", trained_loss(options_));
    case TrainingStatus::kTimeLimit:
      return fmt::format("the time limit was reached in epoch {}", done + 1);
    case TrainingStatus::kInterrupted:
      return fmt::format("stopped by request in epoch {}", done + 1);
    case TrainingStatus::kDiverged:
      return fmt::format("the loss went beyond {:.3g}, {}", guard_->limit(),
                         interrupted_ == TrainingStatus::kDiverged ? "and smaller steps did not help"
                                                                   : "by the last step of all, which was taken back");
    default:
      return done == 1 ? "the one epoch is done" : fmt::format("all {} epochs are done", done);
  }
}

Network Trainer::to_network(const Floats& parameters) const {
  Network network;
  network.schema = data_.schema;
  network.layers = to_layers(layout_, parameters, options_.activation);
  scaling_.to_original_units(network.layers.front(), network.center);
  network.head = loss_function(loss_of(options_)).head();
  if (options_.target == Target::kFeatures) scaling_.to_file_units(network);
  return network;
}

/// What nobody has looked at yet: where the last step led.
bool Trainer::last_step_was_good() {
  if (!guard_) return true;  // there was none
  if (!std::ranges::all_of(parameters_, [](float weight) { return std::isfinite(weight); })) return false;
  Index weighted = 0;
  auto first = pieces_.end();
  while (first != pieces_.begin() && weighted < guard_->enough()) weighted += (--first)->weighted;
  const double loss = loss_but_the_worst(measure_training(rows_of(first->begin, data_.rows() - first->begin)));
  return std::isfinite(loss) && loss <= guard_->limit();
}

NetworkFit Trainer::finish(TrainingStatus status) {
  report_.epochs = static_cast<int>(report_.history.size());
  const bool kept = held_out_ && report_.best_epoch > 0;
  if (!kept && (status == TrainingStatus::kDiverged || !last_step_was_good())) {
    parameters_ = good_;
    report_.best_epoch = good_epoch_;
    if (!interrupted_) status = TrainingStatus::kDiverged;
  }
  report_.status = status;
  report_.why = explain(status);
  report_.batch = options_.batch;
  report_.seconds = seconds();
  report_.train_seconds = train_seconds_;
  return {to_network(kept ? best_ : parameters_), std::move(report_)};
}

}  // namespace poise::learning
