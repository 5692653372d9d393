#include "run/checkpoint/checkpoint.h"

#include <fmt/core.h>

#include <cstdlib>
#include <utility>

#include "base/parse_json.h"
#include "poise/error.h"
#include "run/checkpoint/state_tensors.h"
#include "run/json_text.h"

namespace poise::inline run {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "1";
constexpr const char *kNetwork = "network.", *kTelemetry = "telemetry.", *kSoftmax = "softmax.";

template <AnyConst<SoftmaxState> State>
void parts(State& s, auto&& visit) {
  parts(s.first, "first.", visit);
  maybe(s.choice, "choice.", visit, [&](auto& choice, const std::string& name) { parts(choice, name, visit); });
  parts(s.last, "last.", visit);
}

template <AnyConst<TelemetrySoFar> T>
void parts(T& t, auto&& visit) {
  visit("measurements", t.measurements);
  visit("seconds", t.seconds), visit("seconds_of_training", t.seconds_of_training);
  visit("network", t.network), visit("epoch", t.epoch), visit("learning_rate", t.learning_rate);
}

/// The texts of a checkpoint under their names.
template <AnyConst<Checkpoint> C>
void texts(C& c, auto&& visit) {
  visit("poise", c.identity.version), visit("schema", c.identity.schema);
  visit("rows", c.identity.rows), visit("validation", c.identity.validation), visit("test", c.identity.test);
  visit("start", c.identity.start);
  visit("events", c.events.file);
}

std::string in_words(const json& value) { return value.is_null() ? "not given" : to_text(value); }

}  // namespace

json deciding_options(json asked) {
  if (!asked.is_object()) return asked;
  for (const char* name : {"data", "test", "start", "time_limit", "threads", "memory", "checkpoint_every"})
    asked.erase(name);
  if (asked.contains("validation") && asked["validation"].is_string()) asked.erase("validation");
  if (asked.contains("read") && asked["read"].is_object()) asked["read"].erase("data_dir");
  return parse_json(to_text(asked));  // what is not UTF-8 is in files as it is written there
}

std::string difference(const RunIdentity& now, const RunIdentity& before) {
  if (now.version != before.version) return fmt::format("this is Poise {}, and it was {}", now.version, before.version);
  if (now.rows != before.rows)
    return fmt::format("the rows to train on have the fingerprint {}, and had {}", now.rows, before.rows);
  if (now.schema != before.schema) return "the columns or classes of the data are others";
  if (now.validation != before.validation) return "the validation rows are others";
  if (now.test != before.test) return "the test rows are others";
  if (now.start != before.start) return "the model to start from is another";
  const json nothing, flat_now = now.options.flatten(), flat_before = before.options.flatten();
  const auto value = [&](const json& all, const std::string& key) { return all.value(key, nothing); };
  for (const json* all : {&flat_now, &flat_before}) {
    for (const auto& [key, ignored] : all->items()) {
      const json is = value(flat_now, key), was = value(flat_before, key);
      if (is != was) return fmt::format("{} is {}, and was {}", key.substr(1), in_words(is), in_words(was));
    }
  }
  return {};
}

std::string serialize(const Checkpoint& checkpoint) {
  TensorFile file;
  texts(checkpoint, [&](const char* name, const std::string& text) { file.metadata[name] = text; });
  file.metadata["format"] = kFormat;
  file.metadata["options"] = to_text(checkpoint.identity.options);
  file.metadata["events_bytes"] = std::to_string(checkpoint.events.bytes);
  file.metadata["events_hash"] = std::to_string(checkpoint.events.hash);
  parts(checkpoint.telemetry, TensorWriter(file, kTelemetry));
  if (checkpoint.softmax) parts(*checkpoint.softmax, TensorWriter(file, kSoftmax));
  if (checkpoint.network) parts(*checkpoint.network, TensorWriter(file, kNetwork));
  return serialize(file);
}

Checkpoint parse_checkpoint(std::string_view bytes, const std::string& path) {
  TensorFile file = parse_tensor_file(bytes, path);
  if (file.metadata["format"] != kFormat) {
    throw Error(ErrorKind::kData, "the checkpoint has the format '" + file.metadata["format"] + "'",
                std::string("format ") + kFormat, "remove it, and training begins anew", {path});
  }
  Checkpoint checkpoint;
  texts(checkpoint, [&](const char* name, std::string& text) { text = file.metadata[name]; });
  checkpoint.identity.options = parse_json(file.metadata["options"]);
  checkpoint.events.bytes = std::strtoull(file.metadata["events_bytes"].c_str(), nullptr, 10);
  checkpoint.events.hash = std::strtoull(file.metadata["events_hash"].c_str(), nullptr, 10);
  parts(checkpoint.telemetry, TensorReader(file, kTelemetry, path));
  if (file.tensors.contains(std::string(kNetwork) + "epoch"))
    parts(checkpoint.network.emplace(), TensorReader(file, kNetwork, path));
  else
    parts(checkpoint.softmax.emplace(), TensorReader(file, kSoftmax, path));
  return checkpoint;
}

}  // namespace poise::inline run
