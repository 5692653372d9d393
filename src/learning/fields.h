// The options of training networks, described (base/fields.h). Those of the objective are in convex/fields.h.
#pragma once

#include "convex/fields.h"
#include "learning/loss/loss.h"
#include "learning/rule/rule.h"
#include "network/activation.h"
#include "poise/training.h"

namespace poise::learning {

inline std::span<const Named<TrainingStatus>> names_of(TrainingStatus) {
  static constexpr Named<TrainingStatus> kAll[] = {
      {TrainingStatus::kFinished, "finished"},       {TrainingStatus::kStopped, "stopped"},
      {TrainingStatus::kAtRest, "at_rest"},          {TrainingStatus::kTimeLimit, "time_limit"},
      {TrainingStatus::kInterrupted, "interrupted"}, {TrainingStatus::kDiverged, "diverged"}};
  return kAll;
}

inline std::span<const Named<Order>> names_of(Order) {
  static constexpr Named<Order> kAll[] = {{Order::kJacobi, "jacobi"}, {Order::kGaussSeidel, "gauss-seidel"}};
  return kAll;
}

inline std::span<const Named<Relaxation>> names_of(Relaxation) {
  static constexpr Named<Relaxation> kAll[] = {{Relaxation::kLayerByLayer, "layer-by-layer"},
                                               {Relaxation::kSimultaneous, "simultaneous"}};
  return kAll;
}

inline std::span<const Named<Step>> names_of(Step) {
  static constexpr Named<Step> kAll[] = {{Step::kGolden, "golden"}, {Step::kSgd, "sgd"}, {Step::kAdam, "adam"}};
  return kAll;
}

inline std::span<const Named<Initialization>> names_of(Initialization) {
  static constexpr Named<Initialization> kAll[] = {{Initialization::kAuto, "auto"},
                                                   {Initialization::kXavier, "xavier"},
                                                   {Initialization::kKaiming, "kaiming"},
                                                   {Initialization::kOrthogonal, "orthogonal"}};
  return kAll;
}

inline std::span<const Named<Precision>> names_of(Precision) {
  static constexpr Named<Precision> kAll[] = {{Precision::kFloat32, "float32"}, {Precision::kBfloat16, "bf16"}};
  return kAll;
}

inline std::span<const Named<Reduction>> names_of(Reduction) {
  static constexpr Named<Reduction> kAll[] = {{Reduction::kMean, "mean"}, {Reduction::kSum, "sum"}};
  return kAll;
}

inline std::span<const Named<Target>> names_of(Target) {
  static constexpr Named<Target> kAll[] = {{Target::kClasses, "classes"}, {Target::kFeatures, "features"}};
  return kAll;
}

void architecture_fields(auto& o, auto&& visit) {
  constexpr Group field{"Networks: what to train"};
  visit(field("hidden", "train a network with hidden layers of these widths, with commas between").within(at_least(1)),
        o.hidden);
  visit(field("layers",
              "in place of `hidden`, the hidden layers in words: conv:16x3 (16 kernels of 3x3; with :valid behind it "
              "without zeros around the image), pool:2 (of the convolution before), dense:128, dropout:0.25 (of the "
              "layer before), with commas between"),
        o.layers);
  visit(field("image", "of convolutions: ROWSxCOLUMNS or ROWSxCOLUMNSxCHANNELS, the channels of a pixel side by side")
            .if_unset("as the data says"),
        o.image);
  visit(field("activation", "of hidden units"), o.activation);
  visit(field("target", "classes, or features: unsupervised, the outputs are to be the inputs (an autoencoder)")
            .kept_in_model(),
        o.target);
  visit(
      field(
          "loss",
          "cross-entropy of a softmax head; of sigmoids, one a class: binary-cross-entropy or squared; of features: "
          "squared-error, or binary-cross-entropy where they are between 0 and 255 (images), 16 (digits) or 1 (others)")
          .if_unset("cross-entropy, of features squared-error")
          .kept_in_model()
          .for_experiments(),
      o.loss);
  visit(field("initialization", "of the weights; auto: kaiming for relu, xavier for the others").for_experiments(),
        o.initialization);
  visit(field("gain", "factor on all initial weights").within({0, 1000, true, false}).for_experiments(), o.gain);
  visit(field("entropy_weight",
              "factor on the entropy of the outputs, added to the cross-entropy; below 0 it keeps them unsure")
            .within(between(-10, 10))
            .kept_in_model()
            .for_experiments(),
        o.entropy_weight);
  visit(field("dropout", "share of hidden units silenced in a training pass").within(kShare), o.dropout);
}

void rule_fields(auto& o, auto&& visit) {
  constexpr Group field{"Networks: learning rule"};
  visit(field("rule",
              "adjoint (backpropagation), equilibrium (local), predictive-coding (loss in the bulk), canonical "
              "(states drawn at a temperature)")
            .kept_in_model(),
        o.rule);
  visit(field("order",
              "equilibrium rule: layers see the weights above before (jacobi) or after (gauss-seidel) their update")
            .for_experiments(),
        o.order);
  visit(field("relaxation", "equilibrium rule: layer-by-layer (in closed form) or simultaneous").for_experiments(),
        o.relaxation);
  visit(field("relaxation_rate", "of local rules").within(between(0, 2)).for_experiments(), o.relaxation_rate);
  visit(field("relaxation_steps", "of local rules").within(at_least(1)).for_experiments(), o.relaxation_steps);
  visit(field("temperature", "canonical rule: of the states; with `mean_energy` the first one")
            .within({kLeastTemperature, kMostTemperature})
            .measured_in("nats")
            .for_experiments(),
        o.temperature);
  visit(field("mean_energy", "canonical rule: the mean energy of states that the temperature is to follow from")
            .within(above(0))
            .measured_in("nats")
            .for_experiments(),
        o.mean_energy);
  visit(field("reference_2024", "the local rule exactly as its published code runs it").for_experiments(),
        o.reference_2024);
}

void step_fields(auto& o, auto&& visit) {
  constexpr Group field{"Networks: step"};
  visit(field("step", "golden (from theory), sgd or adam").kept_in_model(), o.step);
  visit(field("learning_rate", "of golden a smaller one slows, a larger is capped")
            .within(above(0))
            .if_unset("golden from theory (0.0159, in units of curvature), sgd 0.1, adam 0.001"),
        o.learning_rate);
  visit(field("momentum", "of the golden and the sgd step").within(kShare).if_unset("golden 0.874, sgd 0.9"),
        o.momentum);
  visit(field("momentum_phase", "complex momentum: its angle").measured_in("radians").for_experiments(),
        o.momentum_phase);
  visit(field("reduction", "of a batch's gradient: mean or sum").for_experiments(), o.reduction);
  visit(field("cooling", "let the learning rate fall to 0 by the last epoch").if_unset("for golden").for_experiments(),
        o.cooling);
  visit(field("precision", "of products"), o.precision);
}

void loop_fields(auto& o, auto&& visit) {
  constexpr Group field{"Networks: loop"};
  visit(field("epochs", "passes over the rows").within(at_least(1)).if_unset("by the number of rows, 20 to 200"),
        o.epochs);
  visit(field("batch", "rows a batch").within(at_least(1)).if_unset("by the number of rows, 32 to 128").kept_in_model(),
        o.batch);
  visit(field("patience",
              "stop after this many epochs in which the smoothed validation accuracy gained less than half a row")
            .within(at_least(1))
            .if_unset("never"),
        o.patience);
  visit(field("stop_at_rest",
              "stop when the loss trained on equals output entropy (within 2 %) and stands still (1 %), after 15 % "
              "of the epochs"),
        o.stop_at_rest);
  visit(field("solve_head_every",
              "solve the last layer exactly every this many epochs, kept if validation (without it: the training "
              "loss) gets no worse")
            .within(at_least(1))
            .if_unset("never")
            .for_experiments(),
        o.solve_head_every);
  visit(Group{}("time_limit", "limit on training").within(above(0)).measured_in("seconds").if_unset("none"),
        o.time_limit);
  visit(Group{}("seed", "of weights, batches and dropout").within(at_least(0)).kept_in_model(), o.seed);
  visit(Group{}("threads", "threads; results have the same bits for any number").within(at_least(1)).if_unset("all"),
        o.threads);
}

template <AnyConst<NetworkOptions> Options>
void fields(Options& o, auto&& visit) {
  architecture_fields(o, visit);
  rule_fields(o, visit);
  step_fields(o, visit);
  loop_fields(o, visit);
}

}  // namespace poise::learning

// Found where an option of these is asked for, whose type is in poise.
namespace poise {
using learning::fields;
using learning::names_of;
}  // namespace poise
