#include "report/record/named_values.h"

#include "run/json_text.h"

namespace poise::report {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return to_text(value);
  std::string list;
  for (const json& each : value) list += (list.empty() ? "" : ", ") + text_of(each);
  return list;
}

}  // namespace

std::vector<RunRecord::Named> named_values(const json& object, const std::string& prefix) {
  std::vector<RunRecord::Named> all;
  if (!object.is_object()) return all;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_object()) {
      all.emplace_back(prefix + key, text_of(value));
      continue;
    }
    for (RunRecord::Named& inner : named_values(value, prefix + key + ".")) all.push_back(std::move(inner));
  }
  return all;
}

}  // namespace poise::report
