// Codes of the checks of a report (docs/report.md#checks). Who notes what a check is about ends the sentence with its
// code, so that the report can say it once: "2 features are constant: 'a', 'b' [P107]".
#pragma once

#include <string>
#include <string_view>

namespace poise::inline base {

namespace codes {
inline constexpr std::string_view kNoMinimizer = "P101", kEnded = "P102", kRareClass = "P103", kFewHeldOut = "P104",
                                  kCalibration = "P105", kOverfit = "P106", kIdleColumns = "P107", kMissing = "P108",
                                  kRepeated = "P109", kImbalance = "P110", kSetBack = "P111", kSeenBefore = "P112",
                                  kTellsNothing = "P113", kNeverPredicted = "P114", kEndOfPenalties = "P115",
                                  kFewRows = "P116", kNotMeasured = "P117", kContradicted = "P118",
                                  kSoftmaxEnough = "P119";
}  // namespace codes

/// "text [P107]"
inline std::string coded(const std::string& text, std::string_view code) {
  return text + " [" + std::string(code) + "]";
}

/// "P107"; empty where the text ends with no code.
inline std::string_view code_of(std::string_view text) {
  constexpr std::size_t kLength = 4;
  if (text.size() < kLength + 3 || !text.ends_with(']')) return {};
  const std::string_view end = text.substr(text.size() - kLength - 3);  // " [P107]"
  return end.starts_with(" [P1") ? end.substr(2, kLength) : std::string_view();
}

/// The text before its code.
inline std::string_view without_code(std::string_view text) {
  return code_of(text).empty() ? text : text.substr(0, text.size() - code_of(text).size() - 3);
}

}  // namespace poise::inline base
