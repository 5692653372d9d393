// Where learning rules have their names.
#include <fmt/core.h>

#include <atomic>
#include <deque>
#include <mutex>

#include "base/require.h"
#include "learning/fields.h"

namespace poise::learning {
namespace {

constexpr std::size_t kMost = 64 + 4;

/// Names and makers are never moved nor taken back: who has them may keep them.
class Registry {
 public:
  Registry() {
    names_.reserve(kMost);
    add("adjoint", make_adjoint);
    add("equilibrium", make_equilibrium);
    add("predictive-coding", make_predictive_coding);
    add("canonical", make_canonical);
  }

  Rule add(const std::string& name, MakeRule make) {
    const std::lock_guard<std::mutex> lock(mutex_);
    bool taken = name.empty();
    for (const Named<Rule>& each : names()) taken = taken || each.name == name;
    require(!taken, fmt::format("a learning rule named '{}'", name), "a name of its own");
    require(names_.size() < kMost, "one learning rule more", fmt::format("at most {} in a process", kMost));
    const Rule rule{static_cast<int>(names_.size())};
    makers_.push_back(std::move(make));
    names_.push_back({rule, texts_.emplace_back(name).c_str()});
    count_.store(names_.size(), std::memory_order_release);
    return rule;
  }

  std::span<const Named<Rule>> names() const { return {names_.data(), count_.load(std::memory_order_acquire)}; }

  const MakeRule& maker(Rule rule) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return makers_.at(static_cast<std::size_t>(rule));
  }

 private:
  std::mutex mutex_;
  std::vector<Named<Rule>> names_;
  std::deque<std::string> texts_;
  std::deque<MakeRule> makers_;
  std::atomic<std::size_t> count_{0};
};

Registry& registry() {
  static Registry all;
  return all;
}

}  // namespace

std::span<const Named<Rule>> names_of(Rule) { return registry().names(); }

RuleInUse make_rule(const NetworkOptions& options, std::span<const Index> widths) {
  return registry().maker(options.rule)(options, widths);
}

bool works_on_rows(const NetworkOptions& options) {
  const bool by_layer = options.relaxation == Relaxation::kLayerByLayer;
  return options.rule != Rule::kAdjoint && !(options.rule == Rule::kEquilibrium && by_layer);
}

RuleInUse make_adjoint(const NetworkOptions&, std::span<const Index>) { return {std::make_unique<LayerRule>(), {}}; }

}  // namespace poise::learning

namespace poise {

Rule register_learning_rule(const std::string& name, MakeLearningRule make) {
  return learning::registry().add(
      name, [make = std::move(make)](const NetworkOptions& options, std::span<const Index> widths) {
        return learning::RuleInUse{{}, make(options, widths)};
      });
}

Rule rule_named(const std::string& name) {
  const std::optional<Rule> rule = value_named<Rule>(name);
  require(rule.has_value(), fmt::format("a learning rule named '{}'", name), alternatives(all_names<Rule>()));
  return *rule;
}

}  // namespace poise
