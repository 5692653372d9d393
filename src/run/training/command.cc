#include "run/training/command.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "base/shell_word.h"
#include "data/fields.h"
#include "learning/fields.h"
#include "run/choosing/fields.h"
#include "run/training/fields.h"
#include "run/training/options_json.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

/// A value as it is typed: a list with commas between, a number so that it reads back as the same.
std::string typed(const json& value) {
  if (value.is_null()) return "none";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  if (!value.is_array()) return value.dump();
  if (value.empty()) return "none";
  std::string list;
  for (const json& each : value) list += (list.empty() ? "" : ",") + typed(each);
  return list;
}

/// An option with its value, as options_json has it.
struct Setting {
  std::string name;  // with - for _
  json value;
  bool by_default = false;
};

class Settings {
 public:
  void add(std::string name, const json& value, bool by_default = false) {
    std::replace(name.begin(), name.end(), '_', '-');
    all_.push_back({std::move(name), value, by_default});
  }

  /// All but these.
  template <typename Options>
  void add_options(const Options& options, std::initializer_list<std::string_view> others) {
    const json asked = options_json(options), defaults = options_json(Options());
    fields(options, [&](const Field& field, const auto&) {
      const bool left_out = std::find(others.begin(), others.end(), field.name) != others.end();
      if (!left_out) add(field.name, asked[field.name], asked[field.name] == defaults[field.name]);
    });
  }

  std::vector<Setting> take() { return std::move(all_); }

 private:
  std::vector<Setting> all_;
};

void add_objective(const TrainingRequest& request, Settings& to) {
  const ObjectiveOptions& objective = request.objective;
  if (request.choose_l2) to.add("l2", request.search.leave_one_out ? "loo" : "auto");
  if (!request.choose_l2 && objective.l2) to.add("l2", *objective.l2);
  if (objective.balanced_classes) to.add("class_weight", "balanced");
  if (!objective.class_weights.empty()) to.add("class_weight", to_text(objective.class_weights));
  to.add_options(objective, {"l2", "balanced_classes", "class_weights"});
}

void add_network(const NetworkOptions& network, Settings& to) {
  if (network.reference_2024) {
    to.add("compat", "reference-2024");
    to.add_options(network, {"reference_2024", "loss", "activation", "rule", "order", "relaxation", "time_limit",
                             "seed", "threads"});
  } else {
    to.add_options(network, {"reference_2024", "time_limit", "seed", "threads"});
  }
}

void add_search(const PenaltySearchOptions& search, Settings& to) {
  if (search.leave_one_out) {
    to.add_options(search, {"folds"});
  } else {
    to.add_options(search, {});
  }
}

std::vector<Setting> settings_of(const TrainingRequest& request) {
  Settings settings;
  settings.add_options(request.read, {});
  add_objective(request, settings);
  if (request.is_network()) add_network(request.network, settings);
  if (!request.is_network() && request.choose_l2) add_search(request.search, settings);
  settings.add_options(request.solve, {});
  settings.add_options(request, {"validation", "resume"});
  if (request.validation.given()) {
    settings.add("validation", request.validation.path);
  } else if (request.validation_share) {
    settings.add("validation", *request.validation_share);
  }
  return settings.take();
}

/// A value as the file of options has it: quoted unless it is a number, a switch or a list.
std::string in_file(const json& value) {
  if (value.is_array() && value.empty()) return "\"none\"";
  return value.is_string() || value.is_array() ? value.dump() : typed(value);
}

}  // namespace

std::string command_of(const TrainingRequest& request) {
  for (const DataSource* source : {&request.data, &request.test, &request.validation}) {
    if (source->rows) return {};
  }
  if (request.start_model) return {};
  std::string command = "poise train " + shell_word(request.data.path);
  for (const Setting& setting : settings_of(request)) {
    if (setting.by_default) continue;
    if (setting.value.is_boolean()) {
      command += (setting.value.get<bool>() ? " --" : " --no-") + setting.name;
      continue;
    }
    const std::string word = typed(setting.value);
    command += " --" + setting.name + (word.starts_with('-') ? "=" : " ") + shell_word(word);
  }
  return command;
}

std::string config_of(const TrainingRequest& request) {
  std::string text = fmt::format("# poise train {} --config FILE\n[train]\n", shell_word(request.data.path));
  std::string defaults;
  for (const Setting& setting : settings_of(request)) {
    if (setting.by_default && (setting.value.is_null() || setting.value == "" || setting.value.empty())) continue;
    (setting.by_default ? defaults : text) +=
        fmt::format("{}{} = {}\n", setting.by_default ? "# " : "", setting.name, in_file(setting.value));
  }
  return text + "\n# by default\n" + defaults;
}

}  // namespace poise::inline run
