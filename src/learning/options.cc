#include "learning/options.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "learning/architecture.h"
#include "learning/fields.h"
#include "poise/dual_process.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"

namespace poise::learning {
namespace {

/// Where the states of the units do not move.
constexpr char kStill[] = "take --rule adjoint, or equilibrium with --relaxation layer-by-layer";

void check_together(const NetworkOptions& o) {
  const bool relaxes = o.rule == Rule::kEquilibrium;
  const bool on_rows = works_on_rows(o);
  require(!o.reference_2024 || (relaxes && loss_of(o) == Loss::kSquared && o.order == Order::kGaussSeidel &&
                                o.activation == Activation::kSigmoid),
          "the rule of the published code with other settings",
          "the equilibrium rule in Gauss-Seidel order, sigmoid units and the squared loss");
  require(o.order == Order::kJacobi || (relaxes && !on_rows), "Gauss-Seidel order with this rule",
          "the equilibrium rule, relaxed layer by layer",
          "leave --order gauss-seidel or --relaxation simultaneous out");
  double dropout = o.dropout;
  for (const HiddenLayer& layer : hidden_layers(o)) dropout = std::max(dropout, layer.dropout);
  require(!on_rows || dropout == 0, fmt::format("dropout {} with states that move", dropout), "dropout 0",
          std::string("leave --dropout out, or ") + kStill);
  require(!on_rows || o.precision == Precision::kFloat32, "bfloat16 with states that move", "float32",
          std::string("leave --precision bf16 out, or ") + kStill);
  require(!takes_images(o) || o.precision == Precision::kFloat32, "bfloat16 with convolution layers", "float32",
          "leave --precision bf16 out");
  require(!takes_images(o) || o.rule != Rule::kCanonical, "the canonical rule with convolution layers",
          "dense layers, whose states it draws", "take another --rule");
  require(o.solve_head_every == 0 || loss_of(o) == Loss::kCrossEntropy,
          fmt::format("an exact head with the loss '{}'", to_string(loss_of(o))), "the cross-entropy loss",
          "leave --solve-head-every or --loss out");
  require(!o.stop_at_rest || loss_of(o) == Loss::kCrossEntropy,
          fmt::format("stop_at_rest with the loss '{}', which has no output entropy to balance", to_string(loss_of(o))),
          "the cross-entropy loss", "leave --stop-at-rest out, or use --patience");
  require(o.entropy_weight == 0 || loss_of(o) == Loss::kCrossEntropy,
          fmt::format("an entropy weight with the loss '{}', whose outputs are no distribution", to_string(loss_of(o))),
          "the cross-entropy loss", "leave --entropy-weight or --loss out");
  require(o.entropy_weight == 0 || o.solve_head_every == 0, "an exact head with an entropy weight",
          "the plain cross-entropy, whose minimum the head is", "leave --entropy-weight or --solve-head-every out");
  require(o.momentum_phase == 0 || o.step != Step::kAdam, "complex momentum with Adam", "the golden or sgd step",
          "leave --momentum-phase out, or take --step golden or sgd");
}

void check_target(const NetworkOptions& o) {
  const bool features = o.target == Target::kFeatures, squares = loss_of(o) == Loss::kSquaredError;
  const bool of_features = squares || loss_of(o) == Loss::kBinaryCrossEntropy;
  require(features ? of_features : !squares,
          fmt::format("the loss '{}' of {}", to_string(loss_of(o)), to_string(o.target)),
          features ? "squared-error or binary-cross-entropy" : "cross-entropy, binary-cross-entropy or squared");
  const ObjectiveOptions& rows = o.objective;
  require(!features || (rows.label_smoothing == 0 && !rows.balanced_classes && rows.class_weights.empty()),
          "weights of classes or smoothed labels where the features are the target", "neither");
}

}  // namespace

NetworkOptions resolve(const NetworkOptions& options, Index rows) {
  NetworkOptions o = options;
  check_fields(o);
  check_fields(o.objective);
  require(o.objective.unit == 0, fmt::format("unit is {} for a network", o.objective.unit), "none");
  check_together(o);
  check_target(o);
  o.loss = loss_of(o);
  // A batch every fortieth of an epoch or so, and some 8,000 steps in all, but 20 to 200 epochs.
  if (o.batch == 0) o.batch = rows < 4000 ? 32 : rows < 16000 ? 64 : 128;
  o.batch = std::max<Index>(1, std::min(o.batch, rows));  // that there are rows is for make_problem to say
  if (o.epochs == 0) {
    const double steps_an_epoch = std::ceil(static_cast<double>(rows) / static_cast<double>(o.batch));
    o.epochs = static_cast<int>(std::clamp(std::ceil(8000 / steps_an_epoch), 20.0, 200.0));  // 200 without rows, too
  }
  if (!o.momentum) o.momentum = o.step == Step::kGolden ? kGoldenMomentum : 0.9;
  if (o.learning_rate == 0) {
    o.learning_rate = o.step == Step::kGolden ? kGoldenLearningRate : o.step == Step::kAdam ? 0.001 : 0.1;
  }
  if (o.initialization == Initialization::kAuto) {
    o.initialization = o.activation == Activation::kRelu ? Initialization::kKaiming : Initialization::kXavier;
  }
  if (!o.cooling) o.cooling = o.step == Step::kGolden;
  return o;
}

NetworkOptions resolve(const NetworkOptions& options, const Dataset& train) {
  NetworkOptions o = resolve(options, train.rows());
  // Measured with the cross-entropy; the other losses are the published rules', which have none.
  if (!o.objective.l2) o.objective.l2 = o.loss == Loss::kCrossEntropy ? default_network_l2(train) : 0;
  return o;
}

}  // namespace poise::learning

namespace poise {

double default_network_l2(const Dataset& train) {
  constexpr double kTimes = 3;
  return kTimes * default_l2(train);
}

}  // namespace poise
