// Names of options and results, as the command line and the files have them.
#include "poise/training.h"

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

const char* to_string(Order order) {
  switch (order) {
    case Order::kJacobi:
      return "jacobi";
    case Order::kGaussSeidel:
      return "gauss-seidel";
  }
  return "";
}

const char* to_string(Relaxation relaxation) {
  switch (relaxation) {
    case Relaxation::kLayerByLayer:
      return "layer-by-layer";
    case Relaxation::kSimultaneous:
      return "simultaneous";
  }
  return "";
}

const char* to_string(Initialization initialization) {
  switch (initialization) {
    case Initialization::kAuto:
      return "auto";
    case Initialization::kXavier:
      return "xavier";
    case Initialization::kKaiming:
      return "kaiming";
    case Initialization::kOrthogonal:
      return "orthogonal";
  }
  return "";
}

const char* to_string(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "float32";
    case Precision::kBfloat16:
      return "bf16";
  }
  return "";
}

const char* to_string(Reduction reduction) {
  switch (reduction) {
    case Reduction::kMean:
      return "mean";
    case Reduction::kSum:
      return "sum";
  }
  return "";
}

}  // namespace poise
