// Rules of one's own (poise/learning_rule.h): what they are given is what the formulas say, and they train networks.
#include "poise/learning_rule.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "poise/dataset.h"
#include "poise/error.h"
#include "poise/read.h"
#include "workspace_case.h"

namespace poise::learning {
namespace {

/// Backpropagation once more.
class Backward : public LearningRule {
 public:
  void find_adjoints(RuleRows& rows) override {
    for (Index l = rows.layers() - 1; l >= 1; --l) {
      rows.back(l + 1, rows.adjoint(l + 1), rows.adjoint(l));
      rows.times_slope(l, rows.state(l), rows.adjoint(l));
    }
  }
};

/// As Backward, after it has computed everything before it once more.
class Forward : public Backward {
 public:
  bool moves_states() const override { return true; }
  void find_adjoints(RuleRows& rows) override {
    const std::vector<double> losses(rows.losses().begin(), rows.losses().end());
    for (Index l = 1; l < rows.layers(); ++l) {
      const Index size = rows.count() * rows.width(l);
      rows.propagate(l, rows.predicted(l));
      EXPECT_TRUE(std::equal(rows.state(l), rows.state(l) + size, rows.predicted(l)));
    }
    rows.output();
    EXPECT_TRUE(std::ranges::equal(losses, rows.losses()));
    Backward::find_adjoints(rows);
  }
};

Rule registered(const std::string& name, bool forward) {
  return register_learning_rule(name, [forward](const NetworkOptions&, std::span<const Index> widths) {
    EXPECT_EQ(widths.front(), kFeatures);
    return forward ? std::make_unique<Forward>() : std::make_unique<Backward>();
  });
}

TEST(LearningRule, HasTheRowsOfTheFormulas) {
  const Rule rules[] = {registered("backward again", false), registered("forward and backward again", true)};
  for (const Widths& hidden : {kNarrow, kWide}) {
    for (const Rule rule : rules) {
      for (const Loss loss : {Loss::kCrossEntropy, Loss::kSquared}) {
        NetworkOptions options = options_of(Activation::kTanh, loss, hidden);
        options.rule = rule;
        Case c(options);
        const auto pass = reference::propagate(c.layers(), c.inputs());
        const Matrix top = reference::output_adjoint(loss, pass.preactivation.back(), c.targets());
        c.find_gradient();
        expect_gradient(c, reference::adjoint(c.layers(), pass, top), pass.activation, 2e-6);
        EXPECT_EQ(c.sums.bulk_energy, 0);
      }
    }
  }
}

ErrorKind refusal(const std::function<void()>& task) {
  try {
    task();
  } catch (const Error& error) {
    return error.kind();
  }
  return ErrorKind::kInternal;
}

TEST(LearningRule, HasANameOfItsOwn) {
  const auto make = [](const NetworkOptions&, std::span<const Index>) { return std::make_unique<Backward>(); };
  const Rule rule = register_learning_rule("named rule", make);
  EXPECT_STREQ(to_string(rule), "named rule");
  for (const char* taken : {"named rule", "adjoint", ""})
    EXPECT_EQ(refusal([&] { register_learning_rule(taken, make); }), ErrorKind::kUsage) << taken;
  NetworkOptions options = options_of();
  options.rule = rule;
  options.dropout = 0.1;
  EXPECT_EQ(refusal([&] { resolve(options, 10); }), ErrorKind::kUsage);
}

TEST(LearningRule, TrainsLikeAnyOther) {
  NetworkOptions options;
  options.rule = register_learning_rule("trained rule", [](const NetworkOptions&, std::span<const Index> widths) {
    EXPECT_EQ(std::vector<Index>(widths.begin(), widths.end()), (std::vector<Index>{64, 12, 10}));
    return std::make_unique<Backward>();
  });
  options.hidden = {12};
  options.epochs = 8;
  const Dataset digits = read_dataset("digits");
  const NetworkFit found = train_network(digits, options);
  options.rule = Rule::kAdjoint;
  const NetworkFit expected = train_network(digits, options);
  EXPECT_EQ(found.network.metadata.at("rule"), "trained rule");
  EXPECT_NEAR(found.report.history.back().train.loss, expected.report.history.back().train.loss, 1e-3);
}

}  // namespace
}  // namespace poise::learning
