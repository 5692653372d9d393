#include "run/training/command.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

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
  std::string list;
  for (const json& each : value) list += (list.empty() ? "" : ",") + typed(each);
  return list;
}

class Command {
 public:
  explicit Command(const std::string& data) : text_("poise train " + shell_word(data)) {}

  void add(std::string name, const json& value) {
    std::replace(name.begin(), name.end(), '_', '-');
    if (value.is_boolean()) {
      text_ += (value.get<bool>() ? " --" : " --no-") + name;
      return;
    }
    const std::string word = typed(value);
    text_ += " --" + name + (word.starts_with('-') ? "=" : " ") + shell_word(word);
  }

  /// Those that differ from the defaults of `Options`, but for these.
  template <typename Options>
  void add_options(const Options& options, std::initializer_list<std::string_view> others) {
    const json asked = options_json(options), defaults = options_json(Options());
    fields(options, [&](const Field& field, const auto&) {
      const bool left_out = std::find(others.begin(), others.end(), field.name) != others.end();
      if (!left_out && asked[field.name] != defaults[field.name]) add(field.name, asked[field.name]);
    });
  }

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_objective(const TrainingRequest& request, Command& command) {
  const ObjectiveOptions& objective = request.objective;
  if (request.choose_l2) command.add("l2", request.search.leave_one_out ? "loo" : "auto");
  if (!request.choose_l2 && objective.l2) command.add("l2", *objective.l2);
  if (objective.balanced_classes) command.add("class_weight", "balanced");
  if (!objective.class_weights.empty()) command.add("class_weight", to_text(objective.class_weights));
  command.add_options(objective, {"l2", "balanced_classes", "class_weights"});
}

void add_network(const NetworkOptions& network, Command& command) {
  if (network.reference_2024) {
    command.add("compat", "reference-2024");
    command.add_options(network, {"reference_2024", "loss", "activation", "rule", "order", "relaxation", "time_limit",
                                  "seed", "threads"});
  } else {
    command.add_options(network, {"reference_2024", "time_limit", "seed", "threads"});
  }
}

void add_search(const PenaltySearchOptions& search, Command& command) {
  if (search.leave_one_out) {
    command.add_options(search, {"folds"});
  } else {
    command.add_options(search, {});
  }
}

}  // namespace

std::string command_of(const TrainingRequest& request) {
  for (const DataSource* source : {&request.data, &request.test, &request.validation}) {
    if (source->rows) return {};
  }
  if (request.start_model) return {};
  Command command(request.data.path);
  command.add_options(request.read, {});
  add_objective(request, command);
  if (request.is_network()) add_network(request.network, command);
  if (!request.is_network() && request.choose_l2) add_search(request.search, command);
  command.add_options(request.solve, {});
  command.add_options(request, {"validation", "resume"});
  if (request.validation.given()) {
    command.add("validation", request.validation.path);
  } else if (request.validation_share) {
    command.add("validation", *request.validation_share);
  }
  return command.text();
}

}  // namespace poise::inline run
