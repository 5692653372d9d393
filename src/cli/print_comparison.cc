#include "cli/print_comparison.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/words.h"
#include "poise/compare.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// "97.22 [96.90, 97.54]" of a share; "97.22" where one seed gives no interval.
std::string in_percent(const json& estimate, bool with_sign) {
  if (estimate.is_null() || estimate.at("value").is_null()) return "–";
  const auto figure = [&](const char* key) {
    const double value = 100 * estimate.at(key).get<double>();
    return with_sign ? fmt::format("{:+.2f}", value) : fmt::format("{:.2f}", value);
  };
  if (estimate.at("low").is_null()) return figure("value");
  return fmt::format("{} [{}, {}]", figure("value"), figure("low"), figure("high"));
}

std::string in_nats(const json& estimate) {
  if (estimate.at("value").is_null()) return "–";
  const double value = estimate.at("value").get<double>();
  if (estimate.at("low").is_null()) return fmt::format("{:.4g}", value);
  return fmt::format("{:.4g} ± {:.2g}", value, estimate.at("high").get<double>() - value);
}

/// "worse", and what has become of the steps.
std::string verdict_of(const json& setting) {
  std::string text = setting.at("judgment").get<std::string>();
  const int setbacks = setting.at("setbacks").get<int>();
  const auto& runs = setting.at("runs");
  const auto diverged =
      std::count_if(runs.begin(), runs.end(), [](const json& run) { return run.at("status") == "diverged"; });
  if (setbacks > 0) text += fmt::format("; step halved {}", setbacks == 1 ? "once" : counted(setbacks, "time"));
  if (diverged > 0) text += fmt::format("; {} of {} diverged", diverged, runs.size());
  return text;
}

/// Columns as wide as what is in them; letters are counted, not bytes.
void print_table(const std::vector<std::vector<std::string>>& rows) {
  const auto letters = [](const std::string& text) {
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  };
  std::vector<std::ptrdiff_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], letters(row[c]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      line += row[c];
      if (c + 1 < row.size()) line += std::string(static_cast<std::size_t>(widths[c] - letters(row[c])) + 2, ' ');
    }
    fmt::print("{}\n", line);
  }
}

}  // namespace

void print_comparison(const json& result) {
  const bool features = result.at("target") == "features";
  const int seeds = result.at("seeds").get<int>();
  fmt::print("{}: {} rows, {} to test on{}; {}, {}\n\n", result.at("data").get<std::string>(),
             result.at("rows").get<Index>(), result.at("test_rows").get<Index>(),
             result.at("held_out").get<bool>() ? ", drawn anew for each seed" : "", counted(seeds, "seed"),
             counted(result.at("epochs").get<int>(), "epoch"));
  std::vector<std::vector<std::string>> rows{{"setting", features ? "variance explained, %" : "test accuracy, %",
                                              "test loss", "train − test, points", "gain, points", "verdict"}};
  for (const json& setting : result.at("settings")) {
    const bool all = static_cast<int>(setting.at("runs").size()) == seeds;
    rows.push_back({setting.at("name").get<std::string>(), in_percent(setting.at("accuracy"), false),
                    in_nats(setting.at("loss")), in_percent(setting.at("train_test_gap"), true),
                    in_percent(setting.at("gain"), true),
                    verdict_of(setting) +
                        (all ? "" : fmt::format("; {} of {}", setting.at("runs").size(), counted(seeds, "seed")))});
  }
  print_table(rows);
  const int judgments = result.at("judgments").get<int>();
  fmt::print("\n[ ], ±: 95 % over seeds. Gain: over the reference, seed by seed{}\n",
             judgments > 1 ? fmt::format("; verdicts are by 95 % for all {} of them together", judgments) : "");
  fmt::print("{}; {:.1f} s; every figure is in {}/run.json\n", result.at("status").get<std::string>(),
             result.at("seconds").get<double>(), result.at("run").get<std::string>());
}

}  // namespace poise::cli
