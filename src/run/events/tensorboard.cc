#include "run/events/tensorboard.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>
#include <utility>
#include <vector>

#include "base/parse_json.h"
#include "poise/network.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

constexpr Index kMostShown = 256;  // rows whose hidden states are shown

/// What places an event rather than measures something.
constexpr std::array kPlaces{"event", "epoch", "iteration", "l2", "seconds", "best_epoch", "rows", "parameters"};

bool is_place(const std::string& name) { return std::ranges::find(kPlaces, name) != kPlaces.end(); }

void add_scalars(const json& value, const std::string& tag, Scalars& to) {
  if (value.is_number()) {
    to.emplace_back(tag, value.get<double>());
  } else if (value.is_array()) {
    for (std::size_t k = 0; k < value.size(); ++k) {
      if (value[k].is_object()) add_scalars(value[k], fmt::format("{}/{}", tag, k + 1), to);
    }
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) add_scalars(member, tag.empty() ? name : tag + "/" + name, to);
  }
}

std::string prefix_of(const json& line) {
  std::string prefix = line.value("event", "") == "thermodynamics" ? "thermodynamics/" : "";
  if (line.contains("l2") && line["l2"].is_number())
    prefix = fmt::format("l2 {:g}/", line["l2"].get<double>()) + prefix;
  return prefix;
}

Vector numbers_of(const Matrix& matrix) { return Eigen::Map<const Vector>(matrix.data(), matrix.size()); }

bool is_shown(const std::string& event) {
  return event == "epoch" || event == "iteration" || event == "thermodynamics";
}

/// How many lines of the file are of events that are shown.
std::size_t lines_shown(const std::string& path) {
  std::ifstream file(path);
  std::size_t count = 0;
  for (std::string text; std::getline(file, text);) {
    const json line = parse_json(text);
    count += line.is_object() && is_shown(line.value("event", ""));
  }
  return count;
}

std::string in_code(const std::string& command) { return command.empty() ? "" : "\n\n```\n" + command + "\n```"; }

}  // namespace

Scalars scalars_of(const json& object, const std::string& prefix) {
  Scalars scalars;
  for (const auto& [name, member] : object.items()) {
    if (!is_place(name)) add_scalars(member, prefix + name, scalars);
  }
  return scalars;
}

Tensorboard::Tensorboard(std::string directory, const Dataset& train, int threads, bool resumed)
    : directory_(std::move(directory)), threads_(threads), resumed_(resumed) {
  std::vector<Index> rows(std::min(train.rows(), kMostShown));
  std::iota(rows.begin(), rows.end(), Index{0});
  shown_ = select_rows(train, rows);
}

/// Behind what the line before the last one has told.
EventFile& Tensorboard::file(const std::string& lines) {
  if (!file_ && resumed_) {
    file_.emplace(directory_, std::max<std::size_t>(lines_shown(directory_ + "/" + lines), 1) - 1);
  } else if (!file_) {
    file_.emplace(directory_);
  }
  return *file_;
}

void Tensorboard::tell(const Event& event, const json& line, const std::string& lines) {
  using Kind = Event::Kind;
  if (!is_shown(line.value("event", ""))) return;
  step_ = line.value("epoch", line.value("iteration", step_));
  if (event.kind != Kind::kThermodynamics) seconds_ = line.value("seconds", seconds_);  // there it is what that took
  EventSummary summary{scalars_of(line, prefix_of(line)), {}};
  if (event.kind == Kind::kEpoch && event.network) add_distributions(event.network(), summary);
  file(lines).summary(step_, seconds_, summary);
}

void Tensorboard::add_distributions(const Network& network, EventSummary& to) const {
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const std::string layer = fmt::format("layer {}/", l + 1);
    to.distributions.emplace_back(layer + "weights", numbers_of(network.layers[l].weights));
    to.distributions.emplace_back(layer + "biases", network.layers[l].bias);
    if (l + 1 == network.layers.size()) break;
    const Matrix states = hidden_states(network, shown_, static_cast<Index>(l + 1), threads_);
    to.distributions.emplace_back(layer + "states", numbers_of(states));
  }
}

void Tensorboard::end(const json& result, const Network& model, const std::string& command) {
  if (!file_ && resumed_) return;  // a run that had ended before
  EventSummary summary;
  for (const char* const part : {"train", "validation", "test"}) {
    if (!result.contains(part) || !result[part].is_object()) continue;
    for (auto& scalar : scalars_of(result[part], fmt::format("result/{}/", part)))
      summary.scalars.push_back(std::move(scalar));
  }
  if (result.contains("passes")) add_distributions(model, summary);  // of the softmax layer: it has had no epochs
  EventFile& events = file({});
  events.summary(step_, seconds_, summary);
  events.text("run",
              fmt::format("**{}**: {}{}", result.value("status", ""), result.value("why", ""), in_code(command)));
}

}  // namespace poise::inline run
