#include "learning/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "poise/error.h"

namespace poise::learning {
namespace {

constexpr Index kHeldOutRows = 256;     // a batch of validation
constexpr double kLossLimit = 4;        // times the first loss: beyond it the run has diverged
constexpr double kLeastCaution = 1e-6;  // of the step; below it, it was not the step
constexpr double kWorthThreads = 4e6;   // flops of a batch: less is done before a second thread is awake

ObjectiveOptions objective_of(const NetworkOptions& options) {
  ObjectiveOptions objective;
  objective.l2 = 0;
  objective.scale = Scale::kNone;
  objective.label_smoothing = options.label_smoothing;
  objective.balanced_classes = options.balanced_classes;
  return objective;
}

std::vector<Index> widths_of(const Dataset& data, const NetworkOptions& options) {
  std::vector<Index> widths{data.features.cols()};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  widths.push_back(data.schema.class_count());
  return widths;
}

int worthwhile_threads(const ParameterLayout& layout, const NetworkOptions& options) {
  const double flops = 6.0 * static_cast<double>(layout.size()) * static_cast<double>(options.batch);
  return flops < kWorthThreads ? 1 : options.threads;
}

std::vector<Index> all_rows(Index count) {
  std::vector<Index> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

Measured means_of(const BatchSums& sums) {
  if (!(sums.weight > 0)) return {};
  return {sums.loss / sums.weight, sums.correct / sums.weight, sums.entropy_gap / sums.weight};
}

}  // namespace

Trainer::Trainer(const Dataset& train, const Dataset* validation, const NetworkOptions& options,
                 TrainingObserver* observer)
    : data_(train),
      options_(options),
      observer_(observer),
      problem_(make_problem(train, objective_of(options), options.threads)),
      scaling_(scale_inputs(train, problem_, options.standardize, options.threads)),
      layout_(widths_of(train, options)),
      team_(worthwhile_threads(layout_, options)),
      parameters_(static_cast<std::size_t>(layout_.size())),
      batch_(problem_, scaling_, layout_, options, options.batch),
      step_(options, *options.momentum, layout_.size()),
      pace_(options, layout_.size(), steps_an_epoch()),
      started_(Clock::now()),
      order_(all_rows(train.rows())) {
  initialize(layout_, options.initialization, options.activation, options.seed, parameters_);
  if (options.gain != 1) {  // biases are 0
    for (float& weight : parameters_) weight *= static_cast<float>(options.gain);
  }
  if (!validation) return;
  held_out_ = make_problem(*validation, objective_of(options), options.threads);
  held_out_scaling_ = same_inputs(scaling_, train, *validation);
  held_out_batch_.emplace(*held_out_, *held_out_scaling_, layout_, options, kHeldOutRows);
  held_out_rows_ = all_rows(validation->rows());
}

Index Trainer::steps_an_epoch() const { return (data_.rows() + options_.batch - 1) / options_.batch; }

std::span<const Index> Trainer::rows_of(Index step) const {
  const Index begin = step * options_.batch, count = std::min(options_.batch, data_.rows() - begin);
  return std::span(order_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
}

NetworkFit Trainer::run() {
  for (int number = 1; number <= options_.epochs; ++number) {
    train_epoch(number);
    if (interrupted_) return finish(*interrupted_);
    if (options_.solve_head_every > 0 && number % options_.solve_head_every == 0) solve_head();
    const Epoch epoch = measure_epoch(number);
    keep_best(epoch);
    show(epoch);
    restart_if_worse();
    if (const auto status = reason_to_stop()) return finish(*status);
  }
  return finish(TrainingStatus::kFinished);
}

void Trainer::train_epoch(int number) {
  const auto begun = Clock::now();
  const Index steps = steps_an_epoch(), before_epoch = (number - 1) * steps;
  shuffle(std::span(order_), random_bits(options_.seed, static_cast<std::uint64_t>(number)));
  epoch_start_ = parameters_;
  sums_ = {};
  stopping_ = false;
  BatchSums before;
  team_.run([&](int) {
    for (Index k = 0; k < steps; ++k) {
      team_.share(1, [&](Index) {
        stopping_ = !may_go_on();
        before = sums_;
        step_.set_learning_rate(pace_.learning_rate(before_epoch + k));
        step_.begin_step();
      });
      if (stopping_) return;
      batch_.train(team_, rows_of(k), static_cast<std::uint64_t>(before_epoch + k), parameters_, step_, sums_);
      pace_.measure(team_, batch_, before_epoch + k);
      team_.share(1, [&](Index) {
        if (k == (number == 1 ? 1 : 0)) first_rate_ = step_.learning_rate();
        watch(before, before_epoch + k);
      });
    }
  });
  train_seconds_ += std::chrono::duration<double>(Clock::now() - begun).count();
}

bool Trainer::may_go_on() {
  if (!interrupted_ && observer_ && observer_->stop_requested()) interrupted_ = TrainingStatus::kInterrupted;
  if (!interrupted_ && options_.time_limit > 0 && seconds() > options_.time_limit) {
    interrupted_ = TrainingStatus::kTimeLimit;
  }
  return !interrupted_;
}

/// The loss of the batch just trained on, as it was before its step: tells whether the step before it went too far.
void Trainer::watch(const BatchSums& before, Index step) {
  const double loss = (sums_.loss - before.loss) / (sums_.weight - before.weight);
  if (step == 0) first_loss_ = loss;
  if (std::isfinite(loss) && loss <= kLossLimit * first_loss_) return;
  sums_ = before;
  back_up(loss, step);
}

void Trainer::back_up(double loss, Index step) {
  parameters_ = epoch_start_;
  batch_.parameters_changed();
  step_.rest();
  pace_.slow_down();
  if (pace_.caution() < kLeastCaution) interrupted_ = TrainingStatus::kDiverged;
  if (!observer_) return;
  observer_->on_message(fmt::format(
      "step {}: the loss of a batch is {:.3g}, it began at {:.3g}: back to the start of the epoch, at rest, "
      "with {:.3g} of the step",
      step + 1, loss, first_loss_, pace_.caution()));
}

/// Momentum that led upwards is let go, as in the convex solver (THEORY 1.6 g).
void Trainer::restart_if_worse() {
  const auto& history = report_.history;
  if (options_.step != Step::kGolden || history.size() < 2) return;
  if (history.back().train.loss > history[history.size() - 2].train.loss) step_.rest();
}

void Trainer::solve_head() {
  const Floats before = parameters_;
  const double loss_before = held_out_ ? means_of(measure_validation()).loss : 0;
  solve_last_layer(data_, options_, layout_, team_, batch_, parameters_);
  step_.rest();
  if (!held_out_ || means_of(measure_validation()).loss <= loss_before) return;
  parameters_ = before;
  batch_.parameters_changed();
}

BatchSums Trainer::measure_validation() {
  BatchSums sums;
  held_out_batch_->parameters_changed();
  team_.run([&](int) { held_out_batch_->evaluate(team_, held_out_rows_, parameters_, sums); });
  return sums;
}

Epoch Trainer::measure_epoch(int number) {
  Epoch epoch;
  epoch.number = number;
  epoch.train = means_of(sums_);
  if (sums_.weight > 0) epoch.bulk_energy = sums_.bulk_energy / sums_.weight;
  if (held_out_) epoch.validation = means_of(measure_validation());
  epoch.curvature = pace_.curvature();
  epoch.learning_rate = first_rate_;
  epoch.seconds = seconds();
  report_.history.push_back(epoch);
  return epoch;
}

/// The epoch at which the running mean of the accuracy on the validation data is largest, the later of equals; without
/// such data the last. The mean takes the luck out of single epochs: of a hundred rows one is a whole point. Of four
/// noisy suite sets it was best on three, beside the largest accuracy and the smallest loss.
void Trainer::keep_best(const Epoch& epoch) {
  constexpr double kWeight = 0.2;  // of the epoch in the mean: about five epochs count
  if (epoch.validation) {
    const double now = epoch.validation->accuracy;
    smoothed_accuracy_ = report_.best_epoch == 0 ? now : smoothed_accuracy_ + kWeight * (now - smoothed_accuracy_);
    if (smoothed_accuracy_ < best_accuracy_) return;
    // Creeping towards a limit is not getting better: half a row is the least that counts for patience.
    if (smoothed_accuracy_ > gained_accuracy_ + 0.5 / static_cast<double>(held_out_rows_.size())) {
      gained_accuracy_ = smoothed_accuracy_;
      gained_epoch_ = epoch.number;
    }
    best_accuracy_ = smoothed_accuracy_;
  }
  report_.best_epoch = epoch.number;
  best_ = parameters_;
}

void Trainer::show(const Epoch& epoch) const {
  if (!observer_) return;
  observer_->on_epoch(epoch);
  if (observer_->wants_network(epoch.number)) observer_->on_network(epoch, to_network(parameters_));
}

std::optional<TrainingStatus> Trainer::reason_to_stop() const {
  const int done = report_.history.back().number;
  if (options_.patience > 0 && held_out_ && done - gained_epoch_ >= options_.patience) {
    return TrainingStatus::kStopped;
  }
  if (options_.stop_at_rest && is_at_rest()) return TrainingStatus::kAtRest;
  return std::nullopt;
}

/// Both processes balance and the free energy stands still: |CE − H| ≤ 2 % of CE, and CE has moved by less than 1 %
/// in each of the last two epochs. (THEORY 1.7: at a stationary last layer CE = H exactly.)
bool Trainer::is_at_rest() const {
  constexpr double kGap = 0.02, kDrift = 0.01;
  const auto& history = report_.history;
  if (history.size() < 3) return false;
  for (std::size_t k = history.size() - 2; k < history.size(); ++k) {
    const Measured &now = history[k].train, &old = history[k - 1].train;
    if (std::abs(now.equilibrium_gap) > kGap * now.loss || std::abs(now.loss - old.loss) > kDrift * now.loss) {
      return false;
    }
  }
  return true;
}

std::string Trainer::explain(TrainingStatus status) const {
  const std::size_t done = report_.history.size();
  switch (status) {
    case TrainingStatus::kStopped:
      return fmt::format("no better on the validation data for {} epochs", options_.patience);
    case TrainingStatus::kAtRest:
      return "cross-entropy equals output entropy and stands still";
    case TrainingStatus::kTimeLimit:
      return fmt::format("the time limit of {} s was reached in epoch {}", options_.time_limit, done + 1);
    case TrainingStatus::kInterrupted:
      return fmt::format("stopped by request in epoch {}", done + 1);
    case TrainingStatus::kDiverged:
      return "the loss left the finite numbers, and smaller steps did not help";
    default:
      return fmt::format("all {} epochs are done", done);
  }
}

Network Trainer::to_network(const Floats& parameters) const {
  Network network;
  network.schema = data_.schema;
  network.layers = to_layers(layout_, parameters, options_.activation);
  scaling_.to_original_units(data_, network.layers.front(), network.center);
  network.head = options_.loss == Loss::kCrossEntropy ? Head::kSoftmax : Head::kSigmoid;
  return network;
}

NetworkFit Trainer::finish(TrainingStatus status) {
  report_.status = status;
  report_.why = explain(status);
  report_.epochs = static_cast<int>(report_.history.size());
  report_.batch = options_.batch;
  report_.seconds = seconds();
  report_.train_seconds = train_seconds_;
  const bool kept = held_out_ && report_.best_epoch > 0;
  return {to_network(kept ? best_ : parameters_), std::move(report_)};
}

}  // namespace poise::learning
