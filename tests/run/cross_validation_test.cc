// Folds, and what is measured on them.
#include "poise/cross_validation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "data/folds.h"
#include "poise/error.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Normal features; the label is that of the first feature's sign, or without `signal` of nothing at all.
Dataset rows_of(Index rows, Index features, bool signal) {
  std::vector<float> values;
  Dataset data;
  for (Index i = 0; i < rows * features; ++i) {
    values.push_back(static_cast<float>(random_normal(5, static_cast<std::uint64_t>(i))));
  }
  for (Index i = 0; i < rows; ++i) {
    const bool by_chance = random_uniform(6, static_cast<std::uint64_t>(i)) < 0.5;
    data.labels.push_back((signal ? values[static_cast<std::size_t>(i * features)] > 0 : by_chance) ? 1 : 0);
  }
  data.features = Features::from_values(std::move(values), rows, features);
  data.schema = array_schema(features, {"a", "b"});
  return data;
}

TEST(Folds, HaveEqualSharesOfEveryClassAndOfAll) {
  Dataset data = rows_of(107, 1, false);
  data.labels[3] = 2, data.schema.classes.push_back("once");
  data.sample_weight = Vector::Ones(107);
  data.sample_weight[7] = 0;
  const std::vector<int> fold = deal_folds(data, 5, 1);
  EXPECT_EQ(fold[3], -1);
  EXPECT_EQ(fold[7], -1);
  EXPECT_NE(fold, deal_folds(data, 5, 2));
  for (const std::int32_t label : {-1, 0, 1}) {  // -1: all
    std::vector<int> count(5);
    for (std::size_t i = 0; i < fold.size(); ++i) {
      if (fold[i] >= 0 && (label < 0 || data.labels[i] == label)) ++count[static_cast<std::size_t>(fold[i])];
    }
    const auto [least, most] = std::minmax_element(count.begin(), count.end());
    EXPECT_LE(*most - *least, 1);
    EXPECT_GT(*least, 5);
  }
}

/// Labels of nothing: 80 features of 100 rows classify them nearly all, and others like a coin.
TEST(CrossValidation, IsNotFlatteredByAsManyFeaturesAsRows) {
  const Dataset data = rows_of(100, 80, false);
  const Network model = fit_softmax(data, {.l2 = 1e-3}, {.threads = 1}).model;
  EXPECT_GT(evaluate_scores(predict_scores(model, data), data).accuracy, 0.95);
  const auto found = cross_validate(data, {.l2 = 1e-3}, 5, {.threads = 1}, 1, nullptr, &model);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->metrics.rows, 100);
  EXPECT_NEAR(found->metrics.accuracy, 0.5, 4 * std::sqrt(0.25 / 100));
  EXPECT_GT(found->metrics.cross_entropy, std::log(2));
}

/// The definition, fold by fold: a fold's penalty is on what is left of the mean loss.
TEST(CrossValidation, MeasuresEveryRowByTheModelOfTheOtherFolds) {
  const Dataset data = rows_of(90, 3, true);
  const std::vector<int> fold = deal_folds(data, 3, 4);
  const double l2 = 0.01;
  double loss = 0;
  for (int k = 0; k < 3; ++k) {
    std::vector<Index> inside, outside;
    for (Index i = 0; i < 90; ++i) (fold[static_cast<std::size_t>(i)] == k ? inside : outside).push_back(i);
    const ObjectiveOptions objective{.l2 = l2 * 90 / 60, .scale = Scale::kNone};
    const Network model = fit_softmax(select_rows(data, outside), objective, {.tolerance = 1e-13}).model;
    const Dataset held_out = select_rows(data, inside);
    const Matrix scores = predict_scores(model, held_out);
    loss += 30 * evaluate_scores(scores, held_out).cross_entropy;
  }
  const auto found = cross_validate(data, {.l2 = l2, .scale = Scale::kNone}, 3, {.tolerance = 1e-13}, 4);
  ASSERT_TRUE(found);
  EXPECT_NEAR(found->metrics.cross_entropy, loss / 90, 1e-9);
  EXPECT_GT(found->metrics.accuracy, 0.9);
}

/// Of labels by chance one of the strongest penalties is best, of labels without noise the weakest.
TEST(ChooseL2, GoesByTheRowsThatWereHeldOut) {
  const Dataset noise = rows_of(100, 60, false), clear = rows_of(200, 2, true);
  const auto of_noise = choose_l2(noise, {}, {}, {.threads = 1}), of_clear = choose_l2(clear, {}, {}, {.threads = 1});
  ASSERT_TRUE(of_noise && of_clear);
  EXPECT_GE(of_noise->l2(), 16 * default_l2(noise) * (1 - 1e-12));
  EXPECT_LT(of_clear->l2(), default_l2(clear) / 32);
  // The default is among them, and measured as by cross_validate.
  const auto& all = of_clear->candidates;
  const auto middle = std::find_if(all.begin(), all.end(), [&](const PenaltyChoice::Candidate& one) {
    return std::abs(one.l2 / default_l2(clear) - 1) < 1e-12;
  });
  ASSERT_NE(middle, all.end());
  EXPECT_NEAR(middle->metrics.cross_entropy, cross_validate(clear, {}, 5, {.threads = 1})->metrics.cross_entropy, 1e-6);
}

/// The best is inside of what was tried, or the last step towards the end has gained next to nothing, or there is no
/// going on; penalties fall by factors of 4, and those beyond the first seven are measured like these.
TEST(ChooseL2, LooksAsFarAsItGains) {
  for (const bool signal : {false, true}) {
    const Dataset data = signal ? rows_of(100, 2, true) : rows_of(1000, 30, false);
    const PenaltyChoice choice = *choose_l2(data, {}, {}, {.tolerance = 1e-10, .threads = 1});
    const auto& all = choice.candidates;
    ASSERT_GT(all.size(), 7u) << signal;
    EXPECT_FALSE(choice.ended_early);
    for (std::size_t k = 1; k < all.size(); ++k) EXPECT_NEAR(all[k - 1].l2 / all[k].l2, 4, 1e-9);
    const auto loss = [&](std::size_t k) { return all[k].cross_entropy; };
    const std::size_t best = choice.best, last = all.size() - 1;
    if (best == 0) {
      EXPECT_LE(loss(1) - loss(0), std::max(1e-4 * loss(0), 1e-5));
    }
    if (best == last && all[best].l2 > 1e-9) {
      EXPECT_LE(loss(last - 1) - loss(last), std::max(1e-4 * loss(last), 1e-5));
    }
    const std::size_t end = signal ? last : 0;
    const auto found = cross_validate(data, {.l2 = all[end].l2}, 5, {.tolerance = 1e-10, .threads = 1});
    EXPECT_NEAR(found->metrics.cross_entropy, loss(end), 1e-6) << signal;
  }
}

/// Mean cross-entropy of the rows of each fold by the model of the others: solves of their own, to the end of float64.
std::vector<double> by_separate_solves(const Dataset& data, const std::vector<int>& fold, int folds, double l2) {
  std::vector<double> means;
  for (int k = 0; k < folds; ++k) {
    std::vector<Index> inside, outside;
    for (Index i = 0; i < data.rows(); ++i) (fold[static_cast<std::size_t>(i)] == k ? inside : outside).push_back(i);
    const double share = static_cast<double>(outside.size()) / static_cast<double>(data.rows());
    const ObjectiveOptions objective{.l2 = l2 / share, .scale = Scale::kNone};
    const Network model = fit_softmax(select_rows(data, outside), objective, {.tolerance = 1e-14}).model;
    const Dataset held_out = select_rows(data, inside);
    means.push_back(evaluate_scores(predict_scores(model, held_out), held_out).cross_entropy);
  }
  return means;
}

/// Every candidate that was measured is what separate solves give, and one that was given up is worse than its bound,
/// which is above the best.
TEST(ChooseL2, GivesUpOnlyWhatIsWorse) {
  for (const bool signal : {false, true}) {
    const Dataset data = rows_of(200, 8, signal);
    const PenaltySearchOptions search{.folds = 4, .seed = 3};
    const std::vector<int> fold = deal_folds(data, 4, 3);
    const PenaltyChoice choice = *choose_l2(data, {.scale = Scale::kNone}, search, {.tolerance = 1e-13});
    const double best = choice.candidates[choice.best].cross_entropy;
    EXPECT_EQ(choice.chosen, choice.best);
    std::size_t given_up = 0;
    for (const PenaltyChoice::Candidate& one : choice.candidates) {
      const std::vector<double> right = by_separate_solves(data, fold, 4, one.l2);
      double mean = 0;
      for (const double each : right) mean += each / 4;
      for (std::size_t k = 0; k < 4; ++k) {
        if (std::isnan(one.by_fold[k])) continue;
        EXPECT_NEAR(one.by_fold[k], right[k], 1e-9) << one.l2;
      }
      given_up += one.hopeless;
      if (one.hopeless) {
        EXPECT_LE(one.cross_entropy, mean + 1e-9);
        EXPECT_GT(one.cross_entropy, best);
      } else {
        EXPECT_NEAR(one.cross_entropy, mean, 1e-9);
      }
    }
    EXPECT_GT(given_up, 0u) << signal;
    ASSERT_TRUE(choice.fit);
    EXPECT_EQ(recorded_objective(choice.fit->model).l2, choice.l2());
  }
}

TEST(ChooseL2, TakesTheLargestWithinAStandardErrorIfAskedTo) {
  const Dataset data = rows_of(150, 10, true);
  const PenaltySearchOptions search{.rule = PenaltyRule::kOneStandardError};
  const PenaltyChoice choice = *choose_l2(data, {}, search, {.threads = 1});
  const auto& best = choice.candidates[choice.best];
  double squares = 0;
  for (const double mean : best.by_fold) squares += 30 * std::pow(mean - best.cross_entropy, 2);
  EXPECT_NEAR(best.standard_error, std::sqrt(squares / 150 / 4), 1e-12);
  for (std::size_t k = 0; k < choice.candidates.size(); ++k) {
    EXPECT_FALSE(choice.candidates[k].hopeless);
    const bool within = choice.candidates[k].cross_entropy <= best.cross_entropy + best.standard_error;
    if (k > choice.chosen) break;
    EXPECT_EQ(within, k == choice.chosen);
  }
}

/// Against the solves it stands for, of every row's absence: to second order, so the nearer the more rows there are.
TEST(ChooseL2, LeavesOneOutInClosedForm) {
  double error = 1;
  for (const Index rows : {40, 160}) {
    const Dataset data = rows_of(rows, 3, false);
    std::vector<int> each(static_cast<std::size_t>(rows));
    for (std::size_t i = 0; i < each.size(); ++i) each[i] = static_cast<int>(i);
    PenaltySearchOptions search{.leave_one_out = true, .candidates = {0.02}};
    const PenaltyChoice closed = *choose_l2(data, {}, search, {.tolerance = 1e-12});
    search = {.folds = static_cast<int>(rows), .candidates = {0.02}, .fold_of_row = each};
    const PenaltyChoice solved = *choose_l2(data, {}, search, {.tolerance = 1e-12});
    EXPECT_EQ(closed.folds, rows);
    const double here = std::abs(closed.candidates[0].cross_entropy / solved.candidates[0].cross_entropy - 1);
    EXPECT_LT(here, std::min(5e-3, error / 4));
    EXPECT_NEAR(closed.candidates[0].standard_error, solved.candidates[0].standard_error, 2e-3);
    error = here;
  }
}

/// Of a table of two by two the model of all but one row of a cell is the table without it, up to O(cell⁻³).
TEST(ChooseL2, LeaveOneOutOfATableIsTheTableWithoutTheRow) {
  constexpr int kCells[2][2] = {{300, 200}, {150, 350}};
  Dataset data;
  std::vector<float> x;
  double right = 0;
  for (int v = 0; v < 2; ++v) {
    for (int c = 0; c < 2; ++c) {
      for (int k = 0; k < kCells[v][c]; ++k) x.push_back(static_cast<float>(v)), data.labels.push_back(c);
      const double of_value = kCells[v][0] + kCells[v][1];
      right -= kCells[v][c] * std::log((kCells[v][c] - 1) / (of_value - 1)) / 1000;
    }
  }
  data.features = Features::from_values(std::move(x), 1000, 1);
  data.schema = array_schema(1, {"a", "b"});
  const PenaltySearchOptions search{.leave_one_out = true, .candidates = {1e-12}};
  const PenaltyChoice choice = *choose_l2(data, {.scale = Scale::kNone}, search, {.tolerance = 1e-12});
  EXPECT_NEAR(choice.candidates[0].cross_entropy, right, 2e-6);
}

TEST(ChooseL2, RefusesLeaveOneOutOfTooManyParameters) {
  EXPECT_THROW(choose_l2(rows_of(10, 5000, true), {}, {.leave_one_out = true}), Error);
}

TEST(CrossValidation, RefusesFoldsThatCannotBe) {
  const Dataset data = rows_of(10, 1, true);
  EXPECT_THROW(cross_validate(data, {}, 1), Error);
  EXPECT_THROW(cross_validate(data, {}, 11), Error);
}

struct Impatient : Watcher {
  Answer on_event(const Event&) override { return Answer::kStop; }
};

TEST(CrossValidation, EndsWhenAsked) {
  Impatient watcher;
  EXPECT_FALSE(cross_validate(rows_of(50, 2, true), {}, 5, {.threads = 1}, 1, &watcher));
}

}  // namespace
}  // namespace poise
