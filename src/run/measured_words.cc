#include "run/measured_words.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/check_codes.h"
#include "run/short_number.h"

namespace poise::inline run {
namespace {

constexpr std::size_t kMostNamed = 3;

/// The part that tells most about rows not seen, and what it is called.
struct Telling {
  const Metrics* metrics;
  const char* rows;
};

std::vector<Telling> telling(const MeasuredParts& measured) {
  std::vector<Telling> found;
  if (measured.validation) found.push_back({&*measured.validation, "validation"});
  if (measured.test) found.push_back({&*measured.test, "test"});
  if (found.empty() && measured.train) found.push_back({&*measured.train, "training"});
  return found;
}

/// Empty if they are not; a ten-thousandth is none.
std::string worse_than_frequencies(const MeasuredParts& measured, const std::string& model) {
  for (const auto& [metrics, rows] : telling(measured)) {
    if (!(metrics->cross_entropy > (1 + 1e-4) * metrics->frequencies_entropy)) continue;
    return fmt::format("{}'s probabilities are worse than the class frequencies ({} against {} nats on the {} rows)",
                       model, short_number(metrics->cross_entropy, 4), short_number(metrics->frequencies_entropy, 4),
                       rows);
  }
  return {};
}

}  // namespace

std::string never_predicted(const Metrics& metrics, const Schema& schema) {
  const std::vector<Index> classes = metrics.never_predicted();
  if (classes.empty()) return {};
  std::string text = classes.size() == 1 ? "no row is predicted as class " : "no row is predicted as classes ";
  for (std::size_t k = 0; k < std::min(classes.size(), kMostNamed); ++k)
    text += fmt::format("{}'{}'", k == 0 ? "" : ", ", schema.classes[classes[k]]);
  if (classes.size() > kMostNamed) text += fmt::format(", and {} more", classes.size() - kMostNamed);
  return text;
}

std::vector<std::string> notes_on(const Parts& parts, const MeasuredParts& measured, const std::string& model,
                                  const std::string& hint) {
  std::vector<std::string> notes;
  if (std::string worse = worse_than_frequencies(measured, model); !worse.empty())
    notes.push_back(coded(worse + (hint.empty() ? "" : "; hint: " + hint), codes::kTellsNothing));
  for (const auto& [metrics, rows] : telling(measured)) {
    if (const std::string never = never_predicted(*metrics, parts.train.schema); !never.empty())
      notes.push_back(coded(fmt::format("of the {} rows {}", rows, never), codes::kNeverPredicted));
  }
  return notes;
}

}  // namespace poise::inline run
