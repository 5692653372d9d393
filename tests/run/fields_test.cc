// The descriptions of all options, and what is made from them in the library.
#include "base/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "data/fields.h"
#include "learning/options.h"
#include "network/recorded_options.h"
#include "poise/error.h"
#include "poise/softmax_regression.h"
#include "run/training/fields.h"
#include "thermo/fields.h"

namespace poise {
namespace {

using ::testing::HasSubstr;

template <typename Options>
class Fields : public ::testing::Test {};
using AllOptions = ::testing::Types<ReadOptions, ObjectiveOptions, SolveOptions, NetworkOptions, ThermodynamicsOptions,
                                    EfficiencyOptions, TrainingRequest>;
TYPED_TEST_SUITE(Fields, AllOptions);

TYPED_TEST(Fields, DefaultsAreAllowed) { EXPECT_NO_THROW(check_fields(TypeParam())); }

TYPED_TEST(Fields, AreNamedOnceAndExplained) {
  std::set<std::string> names;
  TypeParam options;
  fields(options, [&](const Field& field, const auto&) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name << " is there twice";
    EXPECT_EQ(std::string(field.name).find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789"), std::string::npos);
    EXPECT_FALSE(std::string(field.help).empty()) << field.name;
  });
  EXPECT_GE(names.size(), 5u);
}

TYPED_TEST(Fields, NumbersThatAreNoneAreRefused) {
  const auto refuses = [](const Field& field, double none) {
    EXPECT_THROW(check(field, none), Error) << field.name << " takes " << none;
  };
  TypeParam options;
  fields(options, [&]<typename T>(const Field& field, const T&) {
    if constexpr (std::same_as<T, double> || std::same_as<T, std::optional<double>>) {
      refuses(field, std::nan(""));
      refuses(field, INFINITY);
      refuses(field, -INFINITY);
    }
  });
}

template <NamedEnum Enum>
void expect_names_to_read_back() {
  std::set<Enum> values;
  for (const Named<Enum>& each : names_of(Enum{})) {
    EXPECT_EQ(value_named<Enum>(each.name), each.value) << each.name;
    values.insert(each.value);
  }
  for (const Enum value : values) EXPECT_EQ(value_named<Enum>(name_of(value)), value);
  EXPECT_EQ(value_named<Enum>("nonsense"), std::nullopt);
  EXPECT_EQ(std::string(name_of(static_cast<Enum>(99))), "");
}

TYPED_TEST(Fields, NamesOfChoicesReadBack) {
  TypeParam options;
  fields(options, []<typename T>(const Field& field, const T&) {
    if constexpr (NamedEnum<T>) {
      expect_names_to_read_back<T>();
      EXPECT_THROW(check(field, static_cast<T>(99)), Error) << field.name;
    }
  });
}

/// Error(kUsage) that names the option, its value and the range.
template <typename Options, typename Member, typename Value>
void expect_refused(Member Options::*member, Value value, const std::string& found, const std::string& expected) {
  Options options;
  options.*member = value;
  try {
    check_fields(options);
    FAIL() << found;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(error.found(), found);
    EXPECT_EQ(error.expected(), expected);
  }
}

template <typename Options, typename Member, typename Value>
void expect_allowed(Member Options::*member, Value value) {
  Options options;
  options.*member = value;
  EXPECT_NO_THROW(check_fields(options));
}

TEST(Ranges, EndsAreAsTheirMeaningSays) {
  const double below_one = std::nextafter(1.0, 0.0), below_two = std::nextafter(2.0, 0.0);
  expect_allowed(&ObjectiveOptions::l2, 0.0);
  expect_refused(&ObjectiveOptions::l2, -1e-9, "l2 is -1e-09", "a number, 0 or more");
  expect_allowed(&ObjectiveOptions::label_smoothing, below_one);
  expect_refused(&ObjectiveOptions::label_smoothing, 1.0, "label_smoothing is 1", "a number in [0, 1)");
  expect_refused(&ObjectiveOptions::unit, -1.0, "unit is -1", "a number above 0");
  expect_allowed(&NetworkOptions::dropout, below_one);
  expect_refused(&NetworkOptions::dropout, 1.0, "dropout is 1", "a number in [0, 1)");
  expect_allowed(&NetworkOptions::relaxation_rate, below_two);
  expect_refused(&NetworkOptions::relaxation_rate, 2.0, "relaxation_rate is 2", "a number in (0, 2)");
  expect_refused(&NetworkOptions::relaxation_rate, 0.0, "relaxation_rate is 0", "a number in (0, 2)");
  expect_allowed(&NetworkOptions::momentum, 0.0);
  expect_refused(&NetworkOptions::momentum, 1.0, "momentum is 1", "a number in [0, 1)");
  expect_refused(&NetworkOptions::gain, 0.0, "gain is 0", "a number in (0, 1000]");
  expect_refused(&NetworkOptions::epochs, -1, "epochs is -1", "a whole number from 1");
  expect_refused(&NetworkOptions::hidden, std::vector<Index>{8, 0}, "hidden is 0", "a whole number from 1");
  expect_refused(&SolveOptions::tolerance, 0.0, "tolerance is 0", "a number above 0");
  expect_refused(&SolveOptions::max_iterations, -1, "max_iterations is -1", "a whole number from 1");
  expect_refused(&SolveOptions::threads, -1, "threads is -1", "a whole number from 1");
  expect_refused(&ThermodynamicsOptions::draws, 1, "draws is 1", "a whole number from 2");
  expect_allowed(&ThermodynamicsOptions::rows, 0);
  expect_refused(&ThermodynamicsOptions::temperatures, std::vector<double>{0.1, 0}, "temperature is 0",
                 "a number above 0");
  expect_refused(&EfficiencyOptions::seeds, 0, "seeds is 0", "a whole number from 1");
  expect_refused(&ReadOptions::min_category_rows, 0, "min_category_rows is 0", "a whole number from 1");
  expect_refused(&ReadOptions::decimal, ';', "decimal is ';'", "one of .,");
  expect_refused(&TrainingRequest::validation_share, 1.0, "validation is 1", "a number in [0, 1)");
  expect_refused(&TrainingRequest::l2_path, std::vector<double>{1, -1}, "l2_path is -1", "a number, 0 or more");
}

TEST(Ranges, AreTheSameWhereverTheLibraryIsEntered) {
  const Dataset digits = read_dataset("digits");
  EXPECT_THROW(fit_softmax(digits, {.label_smoothing = 1}), Error);
  EXPECT_THROW(fit_softmax(digits, {}, {.max_iterations = -1}), Error);
  EXPECT_THROW(fit_softmax(digits, {}, {.threads = -1}), Error);
  EXPECT_THROW(train_network(digits, {.hidden = {4}, .objective = {.label_smoothing = 1}}), Error);
  EXPECT_THROW(train_network(digits, {.hidden = {4}, .objective = {.unit = 2}}), Error);
  EXPECT_THROW(read_dataset("digits", {.min_category_rows = 0}), Error);
  EXPECT_THROW(train({.data = {.rows = digits}, .l2_path = {-1}}), Error);
}

TEST(RecordedOptions, AnObjectiveReadsBackFromMetadata) {
  const ObjectiveOptions asked{.l2 = 0.1 + 0.2,
                               .scale = Scale::kNumbers,
                               .unit = 255,
                               .label_smoothing = 1.0 / 3,
                               .balanced_classes = true,
                               .class_weights = {{"a, b", 0.5}, {"c", 2}}};
  Metadata metadata;
  record(asked, metadata);
  EXPECT_EQ(metadata, (Metadata{{"l2", "0.30000000000000004"},
                                {"scale", "numbers"},
                                {"unit", "255"},
                                {"label_smoothing", "0.3333333333333333"},
                                {"balanced_classes", "true"},
                                {"class_weights", "\"a, b\"=0.5,c=2"}}));
  ObjectiveOptions found;
  read_recorded(metadata, found);
  EXPECT_EQ(found.l2, asked.l2);
  EXPECT_EQ(found.scale, asked.scale);
  EXPECT_EQ(found.unit, asked.unit);
  EXPECT_EQ(found.label_smoothing, asked.label_smoothing);
  EXPECT_EQ(found.balanced_classes, asked.balanced_classes);
  EXPECT_EQ(to_text(found.class_weights), to_text(asked.class_weights));
}

TEST(RecordedOptions, WhatIsOutOfRangeIsRefused) {
  for (const auto& [key, text] :
       Metadata{{"l2", "-1"}, {"label_smoothing", "1"}, {"unit", "-2"}, {"scale", "minmax"}, {"class_weights", "a="}}) {
    ObjectiveOptions options;
    try {
      read_recorded({{key, text}}, options);
      FAIL() << key << " = " << text << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_THAT(error.what(), HasSubstr("the model's '" + key + "' is '" + text + "'"));
    }
  }
}

/// What an option's description says is done where it is not given.
template <typename Options>
std::string unset(const std::string& name) {
  std::string text;
  Options options;
  fields(options, [&](const Field& field, const auto&) {
    if (name == field.name) text = field.unset;
  });
  return text;
}

TEST(Descriptions, SayWhatIsDoneByDefault) {
  for (const Step step : {Step::kGolden, Step::kSgd, Step::kAdam}) {
    NetworkOptions options;
    options.step = step;
    options = learning::resolve(options, 1);
    EXPECT_THAT(unset<NetworkOptions>("learning_rate"), HasSubstr(fmt::format("{:.3g}", options.learning_rate)));
    if (step != Step::kAdam) {
      EXPECT_THAT(unset<NetworkOptions>("momentum"),
                  HasSubstr(fmt::format("{} {:.3g}", name_of(step), *options.momentum)));
    }
  }
  const NetworkOptions few = learning::resolve({}, 10), many = learning::resolve({}, 1000000);
  EXPECT_EQ(unset<NetworkOptions>("epochs"), fmt::format("by the number of rows, {} to {}", many.epochs, few.epochs));
  EXPECT_EQ(unset<SolveOptions>("max_iterations"),
            fmt::format("{} for newton, else {}", kNewtonIterations, kOtherIterations));
}

}  // namespace
}  // namespace poise
