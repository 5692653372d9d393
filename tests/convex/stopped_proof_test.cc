// What follows the solver ends within some rows, too, and what was ended is no proof.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "convex/certificate/curvature_proof.h"
#include "convex/certificate/inverse_root.h"
#include "convex/existence/dependencies.h"
#include "convex/existence/null_space.h"
#include "convex/existence/separation_program.h"
#include "convex/existence/separation_search.h"
#include "convex/existence/verdict.h"
#include "convex/independent_features.h"
#include "convex/reference.h"
#include "poise/softmax_regression.h"
#include "sample_models.h"

namespace poise {
namespace {

constexpr Index kRows = 3000;

enum class Kind { kOverlapping, kSeparable, kNearlyDependent, kDependent };

/// Rows of three numbers; classes 0 and 1.
Dataset rows_of(Kind kind, Index rows = kRows) {
  Rng rng(11);
  std::vector<double> x;
  Dataset data;
  for (Index i = 0; i < rows; ++i) {
    const double a = static_cast<double>(rng.below(64)), b = static_cast<double>(rng.below(64)) + 0.5;
    const bool flag = rng.uniform() < 0.1;
    double c = static_cast<double>(rng.below(32));
    if (kind == Kind::kNearlyDependent) c = flag ? 1e7 + std::round(4 * rng.normal()) : 0.0;
    if (kind == Kind::kDependent) c = 2 * a + 3 * b;
    x.insert(x.end(), {a, kind == Kind::kNearlyDependent ? static_cast<double>(flag) : b, c});
    data.labels.push_back(kind == Kind::kSeparable ? a > b : rng.uniform() < 0.2 + 0.6 * a / 64);
  }
  data.name = "test";
  data.schema = array_schema(3, {"0", "1"});
  data.features = Features::from_values(std::move(x), rows, 3);
  return data;
}

Problem free_problem(const Dataset& data) { return make_problem(data, {.l2 = 0, .scale = Scale::kNone}, 1); }

/// Does `work` again and again, ended by a question later each time, until it is not ended any more. Every time it was,
/// it threw, and asked no further. The number of questions that the whole asks.
template <typename Work>
int questions_of(const Work& work) {
  for (int last = 1;; last += 1 + last / 3) {
    int asked = 0;
    try {
      work([&] { return ++asked >= last; });
    } catch (const PassStopped&) {
      EXPECT_EQ(asked, last);
      continue;
    }
    EXPECT_LT(asked, last) << "told to end, it went on";
    return asked;
  }
}

template <typename Work>
int questions_of_proof(const Work& work) {
  return questions_of([&](const Stop& stop) { work(ProofStop(stop)); });
}

// At least one question in 1,024 rows of every look at all of them.
constexpr int kOneLook = kRows / 1024;

TEST(StoppedProof, FromTheCurvature) {
  for (const Index classes : {2, 4}) {
    Dataset data = rows_of(Kind::kOverlapping);
    if (classes == 4) data.schema.classes = {"0", "1", "2", "3"};
    for (Index i = 0; classes == 4 && i < kRows; ++i) data.labels[i] += 2 * static_cast<std::int32_t>(i % 2);
    const Problem problem = free_problem(data);
    const SoftmaxFit fit = fit_softmax(data, {.l2 = 0, .scale = Scale::kNone}, {.threads = 1});
    const Parameters w = to_parameters(fit.model, data, problem.units);
    const CurvatureProof whole = CurvatureProver(problem, 1).prove(w);
    ASSERT_TRUE(whole.exists);
    CurvatureProof proof;
    const int asked = questions_of_proof([&](const ProofStop& stop) {
      proof = CurvatureProver(problem, 1, CurvatureProver::Penalty::kCurvature, stop).prove(w);
    });
    EXPECT_GE(asked, 5 * kOneLook);  // scores, units, sums of Hessian and gradient, reach
    EXPECT_EQ(proof.gap, whole.gap);
    EXPECT_GE(questions_of_proof([&](const ProofStop& stop) {
                CurvatureProver(problem, 1, CurvatureProver::Penalty::kCurvature, stop).objective(w);
              }),
              kOneLook);
  }
}

TEST(StoppedProof, ByDirectionsOfRecession) {
  const Dataset data = rows_of(Kind::kSeparable);
  const Problem problem = free_problem(data);
  Parameters guess = Parameters::Zero(4, 2);
  guess.row(0) << -1, 1;
  guess.row(1) << 1.0001, -1;
  for (Index j = 0; j < 3; ++j) guess.row(j) *= problem.units.identity() ? 1 : 1 / problem.units.gain[j];
  const auto search = [&](const auto& look) {
    std::optional<ProvenDirection> found;
    const int asked = questions_of_proof([&](const ProofStop& stop) {
      found.reset();
      found = look(SeparationSearch(problem, 1, stop));
    });
    EXPECT_GE(asked, kOneLook);
    return found;
  };
  EXPECT_TRUE(search([](const SeparationSearch& in) { return in.by_program().found; }));
  EXPECT_TRUE(search([&](const SeparationSearch& in) { return in.by_rounding(guess); }));
  EXPECT_FALSE(search([&](const SeparationSearch& in) { return in.along(Parameters::Zero(4, 2)); }));
  search([&](const SeparationSearch& in) { return in.near(guess); });
  const auto combination = [&](const Stop& stop) {
    bool complete = false;
    EXPECT_TRUE(find_separating_combination(problem, data, 1, &complete, stop));
  };
  EXPECT_GE(questions_of(combination), kOneLook);
  EXPECT_GE(questions_of([&](const Stop& stop) { EXPECT_FALSE(find_separating_feature(data, stop)); }), kOneLook);
}

TEST(StoppedProof, OfDependence) {
  const Dataset near = rows_of(Kind::kNearlyDependent), exact = rows_of(Kind::kDependent);
  const Problem nearly = free_problem(near), problem = free_problem(exact);
  const int of_features =
      questions_of_proof([&](const ProofStop& stop) { EXPECT_TRUE(IndependentFeatures::of(nearly, 1, stop)); });
  EXPECT_GE(of_features, 5 * kOneLook);
  const std::vector<Index> columns{3, 0, 1, 2};
  std::vector<Index> counted(kRows);
  std::iota(counted.begin(), counted.end(), 0);
  const int of_columns = questions_of_proof([&](const ProofStop& stop) {
    EXPECT_EQ(dependent_columns(ExactRows(problem, stop), counted, columns), std::vector<Index>{2});
  });
  EXPECT_GE(of_columns, 2 * kOneLook);  // elimination, and the test in integers
}

// Where there are few rows but much to do with each it is asked with each unknown, panel or iteration.
TEST(StoppedProof, OfManyUnknowns) {
  Rng rng(3);
  constexpr Index kUnknowns = 40;
  const Parameters a = rng.normals(kUnknowns - 1, kUnknowns);
  const LinearSystem system{kUnknowns, kUnknowns - 1, [&](Index equation, std::vector<Term>& terms) {
                              terms.clear();
                              for (Index k = 0; k < kUnknowns; ++k)
                                terms.push_back({k, std::round(8 * a(equation, k))});
                            }};
  const int of_system = questions_of_proof(
      [&](const ProofStop& stop) { EXPECT_TRUE(null_space(system, Bind::kLargest, kMostPrimes, stop).proven()); });
  EXPECT_GE(of_system, 2 * kUnknowns);
  constexpr Index kSize = 300;
  const Parameters root = rng.normals(kSize, kSize);
  const Matrix h = root * root.transpose() + Matrix::Identity(kSize, kSize);
  EXPECT_GE(questions_of_proof([&](const ProofStop& stop) { EXPECT_LT(inverse_root(h, 1e-15, 1, stop).kappa, 1e-6); }),
            10);
  const Dataset data = rows_of(Kind::kOverlapping, 60);
  const Problem problem = free_problem(data);
  std::vector<Index> counted(60);
  std::iota(counted.begin(), counted.end(), 0);
  Matrix phi = Matrix::Ones(60, 4);
  problem.load(0, 60, phi.data() + 1, 4);
  const std::vector<Comparison> comparisons = comparisons_of(problem, counted);
  EXPECT_GE(questions_of_proof([&](const ProofStop& stop) { solve_separation_program(phi, comparisons, 2, 1, stop); }),
            5);
}

TEST(StoppedProof, ValuesStayAsTheyAre) {
  const Dataset data = rows_of(Kind::kNearlyDependent);
  SoftmaxObjective objective(free_problem(data), 1);
  SolveState state;
  state.w = Rng(8).normals(4, 2);
  state.value = objective.evaluate(state.w, &state.gradient);
  state.value.rounding = 1;  // worth another look
  const double before = state.value.objective;
  const Stop at_once = [] { return true; };
  EXPECT_THROW(sharpen(objective, state, at_once), PassStopped);
  EXPECT_EQ(state.value.objective, before);
  EXPECT_THROW(float64_error(objective, state.w, at_once), PassStopped);
}

// The Hessian whose factors precondition small problems is a sum over all rows.
TEST(StoppedProof, TheWholeHessian) {
  const Dataset data = rows_of(Kind::kOverlapping, 20000);
  SoftmaxObjective objective(free_problem(data), 1);
  Parameters gradient;
  objective.evaluate(objective.zero(), &gradient);
  for (const int last : {1, 2, 7}) {
    int asked = 0;
    EXPECT_EQ(full_preconditioner(objective, [&] { return ++asked >= last; }), nullptr);
    EXPECT_EQ(asked, last);
  }
  EXPECT_NE(full_preconditioner(objective, [] { return false; }), nullptr);
}

/// Says stop at a question.
struct StopLater : Watcher {
  int left;
  explicit StopLater(int questions) : left(questions) {}
  Answer on_event(const Event& event) override {
    return event.kind == Event::Kind::kTick && left-- <= 0 ? Answer::kStop : Answer::kGoOn;
  }
};

// Whole solves, interrupted anywhere: nothing is called proven that is not, and the model is the one so far.
TEST(StoppedProof, WholeSolvesMakeNoFalseProof) {
  int ended_in_proofs = 0;
  for (const Kind kind : {Kind::kOverlapping, Kind::kSeparable, Kind::kNearlyDependent, Kind::kDependent}) {
    const Dataset data = rows_of(kind);
    const ObjectiveOptions free{.l2 = 0, .scale = Scale::kNone};
    const SoftmaxFit whole = fit_softmax(data, free, {.threads = 1});
    ASSERT_EQ(whole.report.status, kind == Kind::kSeparable ? Status::kSeparable : Status::kCertified)
        << whole.report.why;
    for (int questions = 0;; questions += 1 + questions / 8) {
      SCOPED_TRACE(fmt::format("kind {}, question {}", static_cast<int>(kind), questions));
      StopLater watcher(questions);
      const SoftmaxFit fit = fit_softmax(data, free, {.threads = 1}, &watcher);
      const SolveReport& report = fit.report;
      EXPECT_TRUE(fit.model.layers[0].weights.allFinite());
      EXPECT_LE(report.objective, std::log(2.0) + 1e-9);
      EXPECT_TRUE(!report.separation || kind == Kind::kSeparable);
      if (report.gap) {
        EXPECT_GE(*report.gap, report.objective - whole.report.objective - *whole.report.gap);
      }
      if (watcher.left > 0) {
        EXPECT_EQ(report.status, whole.report.status);
        break;
      }
      EXPECT_GE(watcher.left, -40) << "asked on and on";
      if (report.status != Status::kInterrupted) {  // told so at the very end
        EXPECT_EQ(report.status, whole.report.status);
      }
      ended_in_proofs += report.why.find("in the proof") != std::string::npos;
      StopLater at_once(0);
      const SoftmaxFit same = fit_softmax(data, free, {.threads = 1}, &at_once, &fit.model);
      EXPECT_NEAR(report.objective, same.report.objective, 1e-7);
    }
  }
  EXPECT_GE(ended_in_proofs, 5);
}

}  // namespace
}  // namespace poise
