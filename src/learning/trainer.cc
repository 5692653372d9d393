#include "learning/trainer.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "learning/architecture.h"
#include "learning/row_order.h"
#include "rows/storage.h"

namespace poise::learning {
namespace {

constexpr Index kHeldOutRows = 256;     // a batch of validation
constexpr double kLeastCaution = 1e-6;  // of the step; below it, it was not the step
constexpr double kWorthThreads = 4e6;   // flops of a batch: less is done before a second thread is awake

Problem weighed(const Dataset& data, const NetworkOptions& options) {
  return options.target == Target::kFeatures ? weigh_inputs(data) : weigh_rows(data, options.objective);
}

InputScaling scaling_of(const Dataset& data, const Vector& row_weight, const NetworkOptions& options) {
  const bool standardize = options.objective.scale != Scale::kNone, images = takes_images(options);
  InputScaling scaling = scale_inputs(data, row_weight, standardize, options.threads, images);
  if (options.target == Target::kFeatures) scaling.set_targets(data, row_weight, loss_of(options), options.threads);
  if (images) scaling.round_center();
  return scaling;
}

/// Weights, those of a convolution once for every place of its kernels.
double products_of_a_row(const ParameterLayout& layout) {
  double products = static_cast<double>(layout.size());
  for (Index l = 1; l <= layout.layers(); ++l) {
    if (const Convolution* const c = layout.convolution(l))
      products += static_cast<double>(c->kernels * c->kernel_size()) * static_cast<double>(c->convolved().pixels() - 1);
  }
  return products;
}

int worthwhile_threads(const ParameterLayout& layout, const NetworkOptions& options) {
  const double flops = 6.0 * products_of_a_row(layout) * static_cast<double>(options.batch);
  return flops < kWorthThreads ? 1 : options.threads;
}

std::vector<Index> all_rows(Index count) {
  std::vector<Index> rows(count);
  std::iota(rows.begin(), rows.end(), Index{0});
  return rows;
}

}  // namespace

Trainer::Trainer(const Dataset& train, const Dataset* validation, const NetworkOptions& options, Watcher* watcher,
                 const Keeping<TrainingState>& keeping)
    : data_(train),
      options_(options),
      watcher_(watcher),
      keeping_(keeping),
      problem_(weighed(train, options)),
      scaling_(scaling_of(train, problem_.row_weight, options)),
      layout_(layout_of(options, train)),
      team_(worthwhile_threads(layout_, options)),
      parameters_(layout_.size()),
      batch_(problem_, scaling_, layout_, options, options.batch),
      step_(options, *options.momentum, layout_.size()),
      pace_(options, layout_.size(), steps_an_epoch()),
      started_(Clock::now()),
      order_(all_rows(train.rows())),
      weighted_rows_((problem_.row_weight.array() > 0).count()) {
  ask_for_large_pages(data_.features);
  initialize(layout_, options.initialization, options.activation, options.seed, parameters_);
  for (Index l = 1; l <= layout_.layers(); ++l) {
    const double share = l == 1 ? first_weights_share(train, options.objective.scale != Scale::kNone) : 1;
    scale_weights(layout_, l, options.gain * share, parameters_);
  }
  good_ = parameters_;
  if (!validation) return;
  held_out_ = weighed(*validation, options);
  held_out_batch_.emplace(*held_out_, scaling_, layout_, options, kHeldOutRows);
  held_out_rows_ = all_rows(validation->rows());
}

Index Trainer::steps_an_epoch() const { return (data_.rows() + options_.batch - 1) / options_.batch; }

std::span<const Index> Trainer::rows_of(Index begin, Index count) const {
  return std::span(order_).subspan(begin, count);
}

/// The batches of an epoch: of nearly equal size, so that none has few rows and a full step. Where gradients are sums,
/// and for the published code's rule, of the size asked for, as there. Rows of weight 0 alone are no batch.
void Trainer::cut_batches() {
  const bool as_asked = options_.reduction == Reduction::kSum || options_.reference_2024;
  const Index steps = steps_an_epoch(), rows = data_.rows();
  pieces_.clear();
  for (Index k = 0; k < steps; ++k) {
    const Index begin = as_asked ? k * options_.batch : part_begin(rows, steps, k);
    const Index end = as_asked ? std::min(rows, begin + options_.batch) : part_begin(rows, steps, k + 1);
    Index weighted = end - begin;
    if (weighted_rows_ < rows) {
      weighted =
          std::ranges::count_if(rows_of(begin, end - begin), [&](Index i) { return problem_.row_weight[i] > 0; });
    }
    if (weighted > 0) pieces_.push_back({k, begin, end - begin, weighted});
  }
}

/// The rows of an epoch in their order, cut into batches.
void Trainer::deal_epoch(int epoch) {
  deal_rows(order_, rows_at_once(problem_.features), random_bits(options_.seed, static_cast<std::uint64_t>(epoch)));
  cut_batches();
}

NetworkFit Trainer::run() {
  int begun = 1;
  if (keeping_.from) {
    restore(*keeping_.from);
    if (const auto status = reason_to_stop()) return finish(*status);
    begun = keeping_.from->epoch + 1;
  }
  for (int number = begun; number <= options_.epochs; ++number) {
    train_epoch(number);
    if (interrupted_) return finish(*interrupted_);
    if (options_.solve_head_every > 0 && number % options_.solve_head_every == 0) solve_head();
    const Epoch epoch = measure_epoch(number);
    keep_best(epoch);
    show(epoch);
    restart_if_worse();
    if (is_as_undisturbed() && keeping_.wants()) keeping_.keep(state());
    if (const auto status = reason_to_stop()) return finish(*status);
  }
  return finish(TrainingStatus::kFinished);
}

void Trainer::train_epoch(int number) {
  const auto begun = Clock::now();
  const Index before_epoch = (number - 1) * steps_an_epoch();
  deal_epoch(number);
  if (candidate_rows_ < 0) candidate_ = parameters_, candidate_rows_ = 0, candidate_epoch_ = number - 1;
  sums_ = {}, first_rate_ = 0, stopping_ = false, taken_ = 0;
  BatchSums batch, opening;
  if (number == 1) team_.run([&](int) { look_before_the_first_step(opening); });
  while (!stopping_ && taken_ < pieces_.size()) {
    const std::size_t begin = taken_;
    team_.run([&](int) {
      for (std::size_t k = begin; k < pieces_.size(); ++k) {
        if (!take_batch(pieces_[k], before_epoch + pieces_[k].number, batch) || regroup_) return;
      }
    });
  }
  train_seconds_ += std::chrono::duration<double>(Clock::now() - begun).count();
}

/// What the guard judges by, and the curvature that the first step goes by.
void Trainer::look_before_the_first_step(BatchSums& sums) {
  team_.share(1, [&](Index) { stopping_ = !may_go_on(); });
  if (stopping_) return;
  Index rows = 0, weighted = 0;
  for (std::size_t k = 0; k < pieces_.size() && weighted < Guard::kRows; ++k) {
    rows = pieces_[k].begin + pieces_[k].count, weighted += pieces_[k].weighted;
  }
  batch_.evaluate(team_, rows_of(0, rows), parameters_, sums);
  team_.share(1, [&](Index) {
    guard_.emplace(loss_but_the_worst(sums), loss_function(loss_of(options_)).of_a_guess(problem_.classes),
                   weighted_rows_);
  });
  if (options_.step != Step::kGolden) return;
  batch_.find_gradient(team_, rows_of(pieces_[0].begin, pieces_[0].count), parameters_, sums);
  pace_.measure(team_, batch_, 0);
}

/// False if it is to stop.
bool Trainer::take_batch(const Piece& piece, Index step, BatchSums& batch) {
  team_.share(1, [&](Index) {
    stopping_ = !may_go_on();
    batch = {};
    step_.set_learning_rate(pace_.learning_rate(step));
    step_.begin_step();
  });
  if (stopping_) return false;
  batch_.train(team_, rows_of(piece.begin, piece.count), static_cast<std::uint64_t>(step), parameters_, step_, batch);
  team_.share(1, [&](Index) {
    if (first_rate_ == 0) first_rate_ = step_.learning_rate();
    watch(batch, piece, step);
    regroup_ = team_.should_regroup();
    ++taken_;
  });
  // Of weights that were taken back the curvature would stay for the rest of the run.
  if (!went_back_) pace_.measure(team_, batch_, step);
  return true;
}

bool Trainer::may_go_on() {
  if (!interrupted_ && watcher_.stop_requested()) interrupted_ = TrainingStatus::kInterrupted;
  if (!interrupted_ && options_.time_limit > 0 && own_seconds() > options_.time_limit) {
    interrupted_ = TrainingStatus::kTimeLimit;
  }
  return !interrupted_;
}

/// The loss of the batch just trained on, as it was before its step: tells whether the step before it went too far.
void Trainer::watch(const BatchSums& batch, const Piece& piece, Index step) {
  const Guard::Verdict verdict = guard_->judge(batch, piece.weighted);
  went_back_ = verdict == Guard::Verdict::kDiverged;
  if (went_back_) return back_up(step);
  sums_ += batch;
  if (candidate_rows_ < 0) return;
  candidate_rows_ += piece.weighted;
  if (verdict != Guard::Verdict::kGood || candidate_rows_ < guard_->enough()) return;
  std::swap(good_, candidate_);
  good_epoch_ = candidate_epoch_, candidate_rows_ = -1;
}

void Trainer::back_up(Index step) {
  parameters_ = good_;
  candidate_rows_ = -1;
  batch_.parameters_changed();
  guard_->forget();
  step_.rest();
  pace_.slow_down();
  if (pace_.caution() < kLeastCaution) interrupted_ = TrainingStatus::kDiverged;
  const std::string loss = std::isnan(guard_->loss())
                               ? "not a number"
                               : fmt::format("{:.3g}, above {:.3g}", guard_->loss(), guard_->limit());
  watcher_.post(
      {.kind = Event::Kind::kMessage,
       .text = fmt::format(
           "step {}: the mean loss, without the worst row, is {}: back to the start of epoch {}, at rest, with "
           "{:.3g} of the step",
           step + 1, loss, good_epoch_ + 1, pace_.caution())});
}

/// Momentum that led upwards is let go, as in the convex solver (docs/theory/dual-process.md#the-step).
void Trainer::restart_if_worse() {
  const auto& history = report_.history;
  if (options_.step != Step::kGolden || history.size() < 2) return;
  if (history.back().train.loss > history[history.size() - 2].train.loss) step_.rest();
}

}  // namespace poise::learning
