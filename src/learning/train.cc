#include <fmt/core.h>

#include "learning/options.h"
#include "learning/trainer.h"

namespace poise {

const char* to_string(TrainingStatus status) {
  switch (status) {
    case TrainingStatus::kFinished:
      return "finished";
    case TrainingStatus::kStopped:
      return "stopped";
    case TrainingStatus::kAtRest:
      return "at_rest";
    case TrainingStatus::kTimeLimit:
      return "time_limit";
    case TrainingStatus::kInterrupted:
      return "interrupted";
    case TrainingStatus::kDiverged:
      return "diverged";
  }
  return "";
}

const char* to_string(Loss loss) {
  switch (loss) {
    case Loss::kCrossEntropy:
      return "cross-entropy";
    case Loss::kBinaryCrossEntropy:
      return "binary-cross-entropy";
    case Loss::kSquared:
      return "squared";
  }
  return "";
}

const char* to_string(Rule rule) {
  switch (rule) {
    case Rule::kAdjoint:
      return "adjoint";
    case Rule::kEquilibrium:
      return "equilibrium";
    case Rule::kPredictiveCoding:
      return "predictive-coding";
  }
  return "";
}

const char* to_string(Step step) {
  switch (step) {
    case Step::kGolden:
      return "golden";
    case Step::kSgd:
      return "sgd";
    case Step::kAdam:
      return "adam";
  }
  return "";
}

namespace {

/// The step that led to the weights kept, as it acts on the mean loss; nothing for steps that are not Δ ← α Δ − η ∇L.
void record_step(const NetworkOptions& options, const TrainingReport& report, Network& network) {
  if (options.step == Step::kAdam || options.momentum_phase != 0 || report.best_epoch == 0) return;
  const double rows = options.reduction == Reduction::kSum ? static_cast<double>(options.batch) : 1;
  const Epoch& kept = report.history[static_cast<std::size_t>(report.best_epoch - 1)];
  network.metadata["learning_rate"] = fmt::format("{}", kept.learning_rate * rows);
  network.metadata["momentum"] = fmt::format("{}", *options.momentum);
}

}  // namespace

NetworkFit train_network(const Dataset& train, const NetworkOptions& options, const Dataset* validation,
                         TrainingObserver* observer) {
  const NetworkOptions resolved = learning::resolve(options, train.rows());
  NetworkFit fit = learning::Trainer(train, validation, resolved, observer).run();
  auto& metadata = fit.network.metadata;
  metadata["loss"] = to_string(resolved.loss);
  metadata["rule"] = to_string(resolved.rule);
  metadata["step"] = to_string(resolved.step);
  metadata["l2"] = std::to_string(resolved.l2);
  metadata["epochs"] = std::to_string(fit.report.epochs);
  metadata["seed"] = std::to_string(resolved.seed);
  metadata["batch"] = std::to_string(resolved.batch);
  metadata["scale"] = resolved.standardize ? "standard" : "none";
  record_step(resolved, fit.report, fit.network);
  return fit;
}

}  // namespace poise
