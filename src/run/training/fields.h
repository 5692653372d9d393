// The options of a training run that are not those of its parts, described (base/fields.h).
#pragma once

#include "base/fields.h"
#include "poise/run.h"

namespace poise::inline run {

inline std::span<const Named<Telemetry>> names_of(Telemetry) {
  static constexpr Named<Telemetry> kAll[] = {
      {Telemetry::kOff, "off"}, {Telemetry::kLight, "light"}, {Telemetry::kFull, "full"}};
  return kAll;
}

template <AnyConst<TrainingRequest> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group test{"Test and validation"}, running{"Running and writing"};
  visit(Group{"Objective"}(
            "l2_path",
            "several penalties, with commas between, solved in this order, each from the nearest one before; the "
            "rows of `validation` choose")
            .within(at_least(0)),
        o.l2_path);
  visit(Group{"Solving the softmax layer"}("start", "start from the model of this run"), o.start);
  visit(test("test", "evaluate on this data after training").if_unset("the test part of a named set"), o.test.path);
  visit(test("validation",
             "share of the rows to hold out, or a file of other rows; picks the best of `l2_path` and `l2` auto, or "
             "the epoch kept of a network: the last with the largest validation accuracy, smoothed over some five "
             "epochs; or calibrates")
            .within(kShare)
            .if_unset("0.1 for networks and `calibrate`, else 0"),
        o.validation_share);
  visit(test("calibrate",
             "divide the scores by the temperature at which cross-entropy equals output entropy on the held-out "
             "rows"),
        o.calibrate);
  visit(test("seed", "of the validation split, of cross-validation and of a network's training").within(at_least(0)),
        o.seed);
  visit(running("telemetry",
                "thermodynamics along the run, in metrics.jsonl: off, light (of networks some 3 % of the time, or "
                "five measurements of a run too short for that; of the softmax layer one a solution, whatever it "
                "takes) or full"),
        o.telemetry);
  visit(running("tensorboard",
                "also write the course of the run for TensorBoard into its directory: the figures of metrics.jsonl, and "
                "the distributions of weights and hidden states after each epoch"),
        o.tensorboard);
  visit(running("checkpoint_every",
                "write where training stands to checkpoint.safetensors in the run directory, this often; networks at "
                "the ends of epochs")
            .within(at_least(0))
            .measured_in("seconds; 0: never"),
        o.checkpoint_every);
  visit(running("resume",
                "go on where the run in --out was stopped, to the very weights that it would have reached; begin if "
                "there is none"),
        o.resume);
}

}  // namespace poise::inline run
