// Lists of options turned into the settings that they span.
#include <fmt/format.h>

#include <algorithm>

#include "base/require.h"
#include "run/comparing/fields.h"

namespace poise {
namespace {

template <typename T>
void check_list(const char* name, const std::vector<T>& list) {
  require(!list.empty(), fmt::format("no {} to compare", name), "one or more");
  for (auto entry = list.begin(); entry != list.end(); ++entry) {
    require(std::find(list.begin(), entry, *entry) == entry, fmt::format("the same {} twice", name), "each once");
  }
}

void check_grid(const SettingGrid& grid) {
  check_fields(grid);
  check_list("rule", grid.rules);
  check_list("order", grid.orders);
  check_list("depth", grid.depths);
  check_list("width", grid.widths);
  require(grid.hidden.empty() || grid.network.layers.empty(), "both hidden and layers", "one of the two");
  if (!grid.learning_rates.empty()) check_list("learning rate", grid.learning_rates);
}

/// A rule with the order of its updates.
struct RuleInOrder {
  Rule rule;
  Order order;
  std::string name;
};

std::vector<RuleInOrder> rules_in_order(const SettingGrid& grid) {
  std::vector<RuleInOrder> all;
  for (const Rule rule : grid.rules) {
    if (rule != Rule::kEquilibrium) {
      all.push_back({rule, Order::kJacobi, to_string(rule)});
      continue;
    }
    for (const Order order : grid.orders) {
      const bool plain = order == Order::kJacobi && grid.orders.size() == 1;
      all.push_back({rule, order, plain ? to_string(rule) : fmt::format("{} {}", to_string(rule), to_string(order))});
    }
  }
  return all;
}

std::vector<std::vector<Index>> architectures_of(const SettingGrid& grid) {
  if (!grid.hidden.empty() || !grid.network.layers.empty()) return {grid.hidden};
  std::vector<std::vector<Index>> all;
  for (const int depth : grid.depths) {
    for (const Index width : grid.widths) all.emplace_back(depth, width);
  }
  return all;
}

/// "2 x 32", or "64,32".
std::string name_of_layers(const std::vector<Index>& hidden) {
  const bool equal = std::ranges::count(hidden, hidden.front()) == std::ssize(hidden);
  return equal ? fmt::format("{} x {}", hidden.size(), hidden.front()) : fmt::format("{}", fmt::join(hidden, ","));
}

}  // namespace

std::vector<Setting> settings_of(const SettingGrid& grid) {
  check_grid(grid);
  const std::vector<RuleInOrder> rules = rules_in_order(grid);
  const std::vector<std::vector<Index>> architectures = architectures_of(grid);
  std::vector<double> rates = grid.learning_rates;
  if (rates.empty()) rates.push_back(grid.network.learning_rate);
  std::vector<Setting> settings;
  for (const double rate : rates) {
    for (const std::vector<Index>& hidden : architectures) {
      const std::size_t first = rules.size() > 1 ? settings.size() : 0;
      for (const RuleInOrder& rule : rules) {
        Setting setting{rule.name, grid.network, first};
        if (rates.size() > 1) setting.name += fmt::format(", η {:g}", rate);
        if (architectures.size() > 1) setting.name += ", " + name_of_layers(hidden);
        setting.network.rule = rule.rule;
        setting.network.order = rule.order;
        setting.network.learning_rate = rate;
        setting.network.hidden = hidden;
        if (grid.network.step == Step::kSgd && !grid.network.momentum) setting.network.momentum = 0;
        settings.push_back(std::move(setting));
      }
    }
  }
  return settings;
}

const char* to_string(Judgment judgment) { return name_of(judgment); }

}  // namespace poise
