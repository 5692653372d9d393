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
  return fit;
}

}  // namespace poise
