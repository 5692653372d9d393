// What is said about thermodynamic measurements: sentences, tables, JSON.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "run/measurements.h"

namespace poise {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::ContainsRegex;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr TrainedOn kPlain, kSmoothed{true, 0.2, 1, 0, 0}, kCalibrated{false, 0, 0.528, 0, 0},
    kSeen{false, 0, 1.285, 400, 400}, kMostlySeen{false, 0, 1, 360, 400};

Thermodynamics figures() {
  Thermodynamics t;
  t.rows = 400, t.parameters = 100;
  t.mean_loss = {0.5, 0, 0, 0.02};
  t.classes.emplace().output_entropy = {0.4, 0, 0, 0.01};
  t.classes->equilibrium_gap = {0.1, 0, 0, 0.02};
  t.classes->temperature = {1.3, 0.47, 0.47, false};
  t.classes->marginal_entropy = {2.3, 0, 0, 0}, t.classes->mutual_information = {1.9, 0, 0, 0};
  t.layers = {{80, {8, 0.5, 100, 0}, {8, 0.5, 100, 0}, "sampled labels"},
              {20, {4, 0, 0, 0.1}, {4, 0, 0, 0.1}, "exact"}};
  t.laplacian = {12, 0.5, 100, 0};
  t.largest_curvature = {10, 0.01};
  t.ensembles.resize(1);
  t.ensembles[0].temperature = 0.1;
  t.ensembles[0].free_energy = {0.55, 0.001, 15, 0.02};
  t.ensembles[0].effective_draws = 12;
  t.complexity = {1, 0, 0, 0.1};
  return t;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(ReadingOf, FeaturesHaveNoConfidence) {
  Thermodynamics t = figures();
  t.classes.reset();
  EXPECT_THAT(reading_of(t).front(), StartsWith("Most curvature"));
  EXPECT_THAT(table_of(t), Not(HasSubstr("CE")));
  EXPECT_TRUE(to_json(t)["temperature"].is_null());
}

TEST(ReadingOf, Confidence) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[0],
              AllOf(StartsWith("Over-confident on these rows: cross-entropy is 0.100 ± 0.039 nats above"),
                    HasSubstr("divided by 1.3 (softer)"), HasSubstr("--calibrate")));
  t.classes->equilibrium_gap.value = -0.1;
  t.classes->temperature.temperature = 0.7;
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("Under-confident"), HasSubstr("nats below output entropy"),
                                      HasSubstr("divided by 0.7 (sharper)")));
  t.classes->temperature = {1e-3, 0, 0, true};
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("Every one of these 400 rows is classified correctly"),
                                      HasSubstr("at rest they cannot tell")));
  EXPECT_THAT(reading_of(t, kSeen)[0], StartsWith("Not at rest: every row is classified correctly"));
}

TEST(ReadingOf, RowsTrainedOnGiveNoTemperature) {
  EXPECT_THAT(reading_of(figures(), kSeen)[0],
              AllOf(StartsWith("Over-confident on these rows"), Not(HasSubstr("would be right")),
                    HasSubstr(". These rows were trained on: how sure the model may be of others")));
  EXPECT_THAT(reading_of(figures(), kMostlySeen)[0],
              AllOf(Not(HasSubstr("--calibrate")), HasSubstr(". 360 of the 400 rows were trained on: ")));
  Thermodynamics t = figures();
  t.classes->equilibrium_gap = {0.003, 0, 0, 0.002};
  EXPECT_THAT(reading_of(t, kSeen)[0], AllOf(StartsWith("At rest"), Not(HasSubstr("as sure as they are right"))));
}

/// CE − H = −λ‖W‖² at rest, exactly, on the rows trained on and on no others.
TEST(ReadingOf, APenaltyMovesRestOnTheRowsTrainedOn) {
  Thermodynamics t = figures();
  t.classes->equilibrium_gap.value = -0.1;
  constexpr TrainedOn kPenalized{false, 0, 1, 400, 400, -0.105}, kStronger{false, 0, 1, 400, 400, -0.15},
      kOthers{false, 0, 1, 0, 400, -0.105}, kPart{false, 0, 1, 4000, 4000, -0.12};
  EXPECT_THAT(reading_of(t, kPenalized)[0],
              StartsWith("At rest: cross-entropy is 0.1 nats below output entropy, and at rest the penalty holds it "
                         "λ‖W‖² = 0.105 nats below. These rows were trained on: "));
  EXPECT_THAT(reading_of(t, kStronger)[0], StartsWith("Not at rest: cross-entropy is 0.1 nats below"));
  EXPECT_THAT(reading_of(t, kOthers)[0], StartsWith("Under-confident on these rows"));
  EXPECT_THAT(reading_of(t, kPart)[0], StartsWith("These 400 rows cannot tell whether the model is at rest"));
  t.classes->temperature = {1e-3, 0, 0, true};  // every row right: the penalty brings rest all the same
  EXPECT_THAT(reading_of(t, kPenalized)[0], StartsWith("At rest"));
}

/// 2 standard errors of a mean that a few rows decide say little (tests/thermo/coverage_test.cc).
TEST(ReadingOf, FewDecisiveRowsGiveNoSentence) {
  Thermodynamics t = figures();
  t.classes->equilibrium_gap.row_skewness = 0.31;
  EXPECT_EQ(
      reading_of(t)[0],
      "These 400 rows cannot tell whether the model is at rest: the imbalance of 0.1 nats hangs on a handful of rows, "
      "because few are classified wrongly or rare answers dominate. More rows would tell.");
  EXPECT_THAT(table_of(t), AllOf(ContainsRegex("imbalance CE - H +0\\.1 +~0\\.039 +nats"),
                                 HasSubstr("; ~: too short, as a few rows decide the mean\n")));
  EXPECT_EQ(to_json(t)["equilibrium_gap"]["rough"], true);
  EXPECT_FALSE(to_json(t)["mean_loss"].contains("rough"));
  t.layers[1].laplacian.row_skewness = -0.31;
  EXPECT_THAT(reading_of(t)[2], HasSubstr("these rows cannot tell"));
  t.classes->equilibrium_gap.row_skewness = 0.29;
  EXPECT_THAT(reading_of(t)[0], StartsWith("Over-confident"));
}

/// 2 % of the cross-entropy, what `evaluate` calls rest, are 0.01 nats.
TEST(ReadingOf, RestIsWhereTheWholeIntervalIsSmall) {
  Thermodynamics t = figures();
  t.classes->equilibrium_gap = {0.003, 0, 0, 0.002};  // ± 0.0039
  EXPECT_THAT(reading_of(t)[0],
              AllOf(StartsWith("At rest: cross-entropy equals output entropy within 2 % of it (imbalance "
                               "0.0030 ± 0.0039 nats)"),
                    HasSubstr("as sure as they are right")));
  t.classes->equilibrium_gap = {0.005, 0, 0, 0.001};  // above 0, but small
  EXPECT_THAT(reading_of(t)[0], StartsWith("At rest"));
  t.classes->equilibrium_gap = {0.008, 0, 0, 0.0045};  // -0.0008 to 0.0168
  EXPECT_THAT(reading_of(t)[0], StartsWith("These 400 rows cannot tell"));
}

TEST(ReadingOf, AWideIntervalAbout0TellsNothing) {
  Thermodynamics t = figures();
  t.classes->equilibrium_gap = {0.074, 0, 0, 0.0378};  // ± 0.0741
  EXPECT_EQ(
      reading_of(t)[0],
      "These 400 rows cannot tell whether the model is at rest: the imbalance is between -0.001 and +0.149 nats.");
}

TEST(ReadingOf, TheLossTrainedOnIsNotThatOfEvaluate) {
  const Thermodynamics t = figures();
  Thermodynamics plain = figures();
  plain.classes->equilibrium_gap.value = -0.1;
  EXPECT_THAT(reading_of(t, kSmoothed, &plain)[0],
              AllOf(StartsWith("Under-confident"), HasSubstr("by the plain cross-entropy, as evaluate has it"),
                    HasSubstr("trained on (class-weighted, labels smoothed by 0.2)")));
  EXPECT_THAT(loss_of(kPlain), IsEmpty());
  EXPECT_EQ(loss_of({true, 0, 1}), "class-weighted");
  EXPECT_EQ(loss_of({false, 0.1, 1}), "labels smoothed by 0.1");
}

TEST(ReadingOf, ACalibratedModelIsNotToBeCalibratedAgain) {
  EXPECT_THAT(
      reading_of(figures(), kCalibrated)[0],
      AllOf(HasSubstr("its scores were already divided by 0.528, so by 0.686 in all"), Not(HasSubstr("--calibrate"))));
}

TEST(ReadingOf, FewRowsDecideNothing) {
  Thermodynamics t = figures();
  t.rows = 30;
  EXPECT_EQ(reading_of(t).size(), 5u);
  t.rows = 29;
  EXPECT_THAT(reading_of(t), ElementsAre(StartsWith("29 rows are too few")));
  t.rows = 1;
  t.classes->equilibrium_gap.row_error = std::numeric_limits<double>::infinity();
  EXPECT_THAT(reading_of(t), ElementsAre(StartsWith("1 row is too few")));
  EXPECT_THAT(table_of(t), HasSubstr("–"));
  EXPECT_EQ(json::parse(to_json(t).dump())["equilibrium_gap"]["row_error"], json());
}

TEST(ReadingOf, RoundingIsNoInformation) {
  Thermodynamics t = figures();
  for (const double rounding : {-1.28e-15, 1.11e-16}) {
    t.classes->mutual_information.value = rounding;
    EXPECT_THAT(reading_of(t)[1], HasSubstr("tell 0 nats"));
    EXPECT_THAT(table_of(t), Not(ContainsRegex("e-1[56]")));
    EXPECT_EQ(to_json(t)["mutual_information"]["value"], 0.0);
  }
}

TEST(ReadingOf, Curvature) {
  Thermodynamics t = figures();
  EXPECT_EQ(reading_of(t)[2],
            "Most curvature is in layer 1 of 2: 67 % of the Laplacian with 80 % of the weights; mean curvature per "
            "weight is largest in layer 2.");
  t.layers[0].laplacian = t.layers[0].gauss_newton = {8, 3, 100, 0};  // ± 6
  EXPECT_THAT(reading_of(t)[2],
              AllOf(Not(HasSubstr("Most curvature")), HasSubstr("these rows cannot tell"), Not(HasSubstr("above 0"))));
  t = figures();
  t.layers[0].laplacian.row_error = 3;
  EXPECT_THAT(reading_of(t)[2], HasSubstr("these rows cannot tell"));
  t.layers = {{20, {4, 0, 0, 0}, {}, ""}, {40, {3, 0, 0, 0}, {}, ""}, {40, {3, 0, 0, 0}, {}, ""}};
  t.laplacian = {10, 0, 0, 0};
  EXPECT_EQ(reading_of(t)[2],
            "More curvature than in any other is in layer 1 of 3: 40 % of the Laplacian with 20 % of the weights; mean "
            "curvature per weight is largest in layer 1.");
}

TEST(ReadingOf, LayersOfBothSignsHaveNoShares) {
  Thermodynamics t = figures();
  t.layers[1].laplacian = {-4, 0, 0, 0.1};
  t.laplacian = {4, 0.5, 100, 0};
  EXPECT_THAT(reading_of(t)[2],
              AllOf(StartsWith("The Laplacian of the loss is 4.00 ± 0.98 nats, 0.04 a weight; not every layer's is "
                               "certain to be above 0"),
                    Not(HasSubstr("Most curvature"))));
}

TEST(ReadingOf, TheSignOfTheLaplacian) {
  Thermodynamics t = figures();
  t.laplacian = {-12, 0.5, 100, 0};
  EXPECT_THAT(reading_of(t)[2], HasSubstr("The Laplacian is negative"));
  t.laplacian = {-12, 0.5, 100, 10};  // the rows' own error, ± 19.6, holds 0
  EXPECT_THAT(reading_of(t)[2], AllOf(Not(HasSubstr("second law")), HasSubstr("is open"), HasSubstr("-32 and +8"),
                                      HasSubstr("more rows would tell")));
  t.laplacian = {0.5, 0.5, 100, 0};
  EXPECT_THAT(reading_of(t)[2],
              AllOf(HasSubstr("between -0.48 and +1.48"), HasSubstr("a larger --label-draws would tell")));
  t.laplacian = t.gauss_newton = {0.5, 0, 0, 0.5};  // a square's mean is not below 0, whatever the rows
  EXPECT_THAT(reading_of(t)[2], Not(HasSubstr("sign")));
}

TEST(ReadingOf, EdgeOfStability) {
  Thermodynamics t = figures();
  EXPECT_EQ(
      reading_of(t)[3],
      "The largest curvature on these rows is 10: there plain gradient descent is stable below a learning rate of "
      "0.2.");
  t.step.emplace();
  t.step->edge = 0.25;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("inside the edge, with room for 4 times the rate"));
  t.step->edge = 0.0012;
  EXPECT_THAT(reading_of(t)[3], Not(HasSubstr("cooled")));
  t.step->edge = 1e-6;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("far inside the edge."));
  t.step->edge = 0.95;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("at the edge of stability"));
  t.step->edge = 1.7;
  EXPECT_THAT(reading_of(t)[3], HasSubstr("beyond the edge"));
}

TEST(ReadingOf, FreeEnergyIsWhatOfTheLossIsLeft) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[4], AllOf(HasSubstr("none of the loss of 0.5 nats"), HasSubstr("0.550 ± 0.039"),
                                      HasSubstr("not the loss under noise")));
  t.ensembles[0].free_energy.value = 0.3;
  EXPECT_THAT(reading_of(t)[4], HasSubstr("could take up 0.2 of the loss of 0.5 nats"));
  t.ensembles[0].free_energy = {0.499, 0.01, 15, 0};  // ± 0.021: the draws do not tell
  EXPECT_THAT(reading_of(t)[4], HasSubstr("none of the loss"));
}

TEST(ReadingOf, SaysWhenTooFewDrawsCarryAFreeEnergy) {
  Thermodynamics t = figures();
  EXPECT_THAT(reading_of(t)[4], Not(HasSubstr("--draws")));
  t.ensembles[0].effective_draws = 1.2;
  EXPECT_THAT(reading_of(t)[4], HasSubstr("At 0.1 it rests on 1.2 draws a row: raise --draws"));
}

TEST(ReadingOf, LightHasNothingToSayOfWhatItHasNotMeasured) {
  Thermodynamics t = figures();
  t.detail = Detail::kLight;
  t.ensembles.clear();
  EXPECT_EQ(reading_of(t).size(), 3u);
  EXPECT_FALSE(to_json(t).contains("largest_curvature"));
  EXPECT_EQ(to_json(t).at("step"), json());
  EXPECT_THAT(table_of(t), Not(HasSubstr("complexity")));
}

TEST(ReadingOf, FullWithoutTemperaturesLacksTheEnsemblesAlone) {
  Thermodynamics t = figures();
  t.ensembles.clear();
  EXPECT_EQ(reading_of(t).size(), 4u);
  EXPECT_THAT(reading_of(t)[3], HasSubstr("stable below a learning rate of 0.2"));
  EXPECT_EQ(to_json(t)["complexity"]["value"], 1.0);
  EXPECT_EQ(to_json(t)["largest_curvature"], (json{{"value", 10.0}, {"residual", 0.01}}));
  EXPECT_THAT(table_of(t), AllOf(HasSubstr("complexity"), HasSubstr("an eigenvalue is within 0.01")));
}

TEST(ReadingOf, ScoresNoBetterThanChance) {
  Thermodynamics t = figures();
  t.classes->temperature = {1e6, 0.69, 0.69, true};
  EXPECT_THAT(reading_of(t)[0], AllOf(StartsWith("Not at rest"), HasSubstr("no better than chance")));
}

TEST(TableOf, LeavesOutColumnsOfErrorsThatAreEmpty) {
  Thermodynamics t = figures();
  std::string text = table_of(t);
  EXPECT_EQ(count(text, "± draws"), 3);
  EXPECT_EQ(count(text, "± rows"), 3);
  EXPECT_EQ(count(text, "±: 95 % intervals (JSON: standard errors)\n"), 3);
  t.layers[0].laplacian.error = 0;
  text = table_of(t);
  EXPECT_THAT(text, ContainsRegex("layer +weights +Laplacian +± rows +per weight +how\n"));
  EXPECT_EQ(count(text, "± draws"), 2);
  t.layers[1].laplacian.row_error = 0;
  EXPECT_EQ(count(table_of(t), "±: 95 % intervals"), 2);
}

TEST(TableOf, EnsemblesHaveTheErrorOfTheRows) {  // 1.96 · 0.02, and 2.131 of Student's t · 0.001
  EXPECT_THAT(table_of(figures()), ContainsRegex("free energy +0\\.55 +0\\.0021 +0\\.039 +nats\n"));
}

TEST(TableOf, MomentumIsNoPartOfTheEntropyOfAStep) {
  Thermodynamics t = figures();
  t.step.emplace();
  t.step->entropy_destruction = {0.0034, 0, 0, 0};
  t.step->momentum_contraction = -324.48;
  EXPECT_THAT(table_of(t), ContainsRegex("\nentropy change by momentum, P ln\\(momentum\\) +-324\\.48 +nats a step"));
}

TEST(TableOf, ASoftmaxLayerHasNoEnsembles) {
  Thermodynamics t = figures();
  t.layers.resize(1);
  EXPECT_THAT(table_of(t), AllOf(Not(HasSubstr("effective draws")), Not(HasSubstr("complexity C")),
                                 HasSubstr("\nno hidden units: no ensembles, complexity 0\n")));
}

TEST(TwoDigits, HaveNoExponentWhereTheyNeedNone) {
  EXPECT_EQ(two_digits(10.2), "10");
  EXPECT_EQ(two_digits(123.4), "123");
  EXPECT_EQ(two_digits(0.0392), "0.039");
  EXPECT_EQ(two_digits(9.96), "10");
  EXPECT_EQ(two_digits(0.1), "0.10");
  EXPECT_EQ(two_digits(830), "830");
}

TEST(ValueAndError, HaveTheSameDecimals) {
  EXPECT_EQ(value_and_error(1.2407, {1.2407 - 0.042, 1.2407 + 0.042}), "1.241 ± 0.042");
  EXPECT_EQ(value_and_error(0.12, {0.02, 0.22}), "0.12 ± 0.10");
  EXPECT_EQ(value_and_error(8312.4, {8000, 8624.8}), "8312 ± 312");
  EXPECT_EQ(value_and_error(0.25, {0.25, 0.25}), "0.25 ± 0");
  EXPECT_EQ(value_and_error(0.25, {-INFINITY, INFINITY}), "0.25 ± –");
}

TEST(ToJson, AnEstimateCarriesItsErrors) {
  EXPECT_EQ(to_json(Estimate{1.5, 0.25, 7, 0.5}),
            (json{{"value", 1.5}, {"error", 0.25}, {"degrees", 7.0}, {"row_error", 0.5}}));
  const json unknown = json::parse(to_json(Estimate{NAN, 0, 0, INFINITY}).dump());
  EXPECT_EQ(unknown, (json{{"value", nullptr}, {"error", 0.0}, {"row_error", nullptr}, {"rough", true}}));
  EXPECT_EQ(to_json(Estimate{1.5, 0, 0, 0.5}), (json{{"value", 1.5}, {"error", 0.0}, {"row_error", 0.5}}));
}

/// KL(t|q) of the outputs and KL(p|p_0) of hidden states are two things.
TEST(ToJson, ADivergenceIsOneThing) {
  const json found = to_json(figures());
  EXPECT_TRUE(found.contains("divergence"));
  EXPECT_FALSE(found["ensembles"][0].contains("divergence"));
  EXPECT_TRUE(found["ensembles"][0].contains("divergence_from_noise"));
}

}  // namespace
}  // namespace poise
