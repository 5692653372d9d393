// The options of the objective and of its solvers, described (base/fields.h).
#pragma once

#include "base/fields.h"
#include "poise/inference.h"
#include "poise/objective.h"
#include "poise/solver.h"

namespace poise::inline convex {

inline std::span<const Named<Scale>> names_of(Scale) {
  static constexpr Named<Scale> kAll[] = {
      {Scale::kAuto, "auto"}, {Scale::kNone, "none"}, {Scale::kStandard, "standard"}, {Scale::kNumbers, "numbers"}};
  return kAll;
}

inline std::span<const Named<Solver>> names_of(Solver) {
  static constexpr Named<Solver> kAll[] = {
      {Solver::kAuto, "auto"},     {Solver::kNewton, "newton"},   {Solver::kLbfgs, "lbfgs"},
      {Solver::kGolden, "golden"}, {Solver::kDescent, "descent"}, {Solver::kBarzilaiBorwein, "barzilai-borwein"}};
  return kAll;
}

inline std::span<const Named<Status>> names_of(Status) {
  static constexpr Named<Status> kAll[] = {
      {Status::kCertified, "certified"},  {Status::kConverged, "converged"},
      {Status::kSeparable, "separable"},  {Status::kIterationLimit, "iteration_limit"},
      {Status::kTimeLimit, "time_limit"}, {Status::kInterrupted, "interrupted"},
      {Status::kDiverged, "diverged"},    {Status::kNotCertified, "not_certified"}};
  return kAll;
}

inline std::span<const Named<Variance>> names_of(Variance) {
  static constexpr Named<Variance> kAll[] = {{Variance::kHessian, "hessian"}, {Variance::kSandwich, "sandwich"}};
  return kAll;
}

template <AnyConst<ObjectiveOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Objective"};
  visit(field("l2", "penalty (l2/2)|W|^2 on the mean loss, bias free")
            .within(at_least(0))
            .if_unset("2/(rows * m) with m = classes - 1, at most 6, of images and sparse data at most 2; of a network "
                      "three times as much, with a loss other than cross-entropy 0")
            .kept_in_model(),
        o.l2);
  visit(field("scale",
              "units of the penalty: numbers (standardized, categories 0 or 1), standard (all columns), none (as "
              "given), or auto: numbers for tables, none for images and sparse data; of a network's inputs none, or "
              "else mean square 1")
            .kept_in_model(),
        o.scale);
  visit(field("unit", "with `scale` none: what counts as 1 in the data's units")
            .within(above(0))
            .if_unset("255 for byte images, else 1")
            .kept_in_model(),
        o.unit);
  visit(field("label_smoothing", "share of every target spread over all classes").within(kShare).kept_in_model(),
        o.label_smoothing);
  visit(field("balanced_classes", "weigh classes so that each has the same share").kept_in_model(), o.balanced_classes);
  visit(field("class_weights", "factors on the rows of classes: a=2,b=0.5; a name with a comma or = in quotation marks")
            .kept_in_model(),
        o.class_weights);
}

template <AnyConst<SolveOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group solving{"Solving the softmax layer"}, running{"Running and writing"};
  visit(solving("solver",
                "auto (newton for up to 400 parameters, else lbfgs), newton, lbfgs, golden (dual-process momentum), "
                "descent or barzilai-borwein")
            .for_experiments(),
        o.solver);
  visit(solving("tolerance", "wanted gap objective - optimum, absolute").within(above(0)).measured_in("nats"),
        o.tolerance);
  visit(
      solving("max_iterations", "limit on outer iterations").within(at_least(1)).if_unset("200 for newton, else 20000"),
      o.max_iterations);
  visit(running("time_limit",
                "limit on all that comes after reading the data; what it leaves unmeasured is left out, but measuring "
                "has a second at least")
            .within(above(0))
            .measured_in("seconds")
            .if_unset("none"),
        o.time_limit);
  visit(running("threads", "threads; results have the same bits for any number").within(at_least(1)).if_unset("all"),
        o.threads);
  visit(running("memory",
                "bytes that may stay in memory, as 2G or 500M; arrays that are larger are read from the disk whenever "
                "they are gone through")
            .within(at_least(0x1p26))
            .measured_in(kBytes)
            .if_unset("half of what is free"),
        o.memory);
}

template <AnyConst<InferenceOptions> Options>
void fields(Options& o, auto&& visit) {
  constexpr Group field{"Uncertainty of the weights"};
  visit(field("level", "share of the intervals that are to cover").within(between(0, 1)), o.level);
  visit(field("variance",
              "hessian: of the model as it is, with a penalty of its posterior; or sandwich: robust, where the "
              "probabilities are not of the model's form"),
        o.variance);
  visit(field("reference", "the class that the others are compared with").if_unset("the first"), o.reference);
  visit(field("threads", "threads; results have the same bits for any number").within(at_least(1)).if_unset("all"),
        o.threads);
}

}  // namespace poise::inline convex
