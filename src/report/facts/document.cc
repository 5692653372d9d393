#include "report/document.h"

#include <fmt/core.h>

#include <algorithm>

#include "poise/error.h"
#include "report/facts/compared.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {
namespace {

Document document_of_one(const RunRecord& run) {
  Document document{.title = name_of(run),
                    .subtitle = name_of_model(run) + " for " + name_of_data(run),
                    .status = status_words(run),
                    .mood = mood_of(run),
                    .why = run.why,
                    .verdict = verdict_of(run),
                    .headlines = headlines_of(run),
                    .sections = {}};
  Section summary{"summary", "How it ended", {}};
  if (!run.separation.empty()) summary.blocks.emplace_back(Paragraph{run.separation});
  document.sections.push_back(std::move(summary));
  for (Section (*section_of)(const RunRecord&) :
       {repeat_section, quality_section, checks_section, confusion_section, calibration_section, course_section,
        balance_section, penalty_section, thermodynamics_section, classes_section, errors_section, weights_section,
        data_section, environment_section})
    document.sections.push_back(section_of(run));
  return document;
}

std::string verdict_of_many(std::span<const RunRecord> runs, const Section& results) {
  if (results.blocks.empty() || !std::holds_alternative<Table>(results.blocks.front())) return "";
  const Table& table = std::get<Table>(results.blocks.front());
  if (table.rows.size() < 2) return "";
  const auto& best = table.rows.front();
  const bool of_classes = std::any_of(runs.begin(), runs.end(), [](const RunRecord& run) { return !run.reconstructs; });
  if (of_classes)
    return fmt::format("Of {} runs, {} has the smallest cross-entropy ({} nats on {}; accuracy {}).", runs.size(),
                       best[0].text, best[4].text, rows_of(best.size() > 10 ? best[10].text : common_part(runs)),
                       best[2].text);
  return fmt::format("Of {} runs, {} has the smallest error ({} on {}).", runs.size(), best[0].text, best[3].text,
                     rows_of(best[2].text));
}

Document document_of_many(std::span<const RunRecord> runs) {
  Document document{.title = fmt::format("{} runs compared", runs.size()),
                    .subtitle = "",
                    .status = "",
                    .mood = Mood::kPlain,
                    .why = "",
                    .verdict = "",
                    .headlines = {},
                    .sections = {}};
  for (const RunRecord& run : runs) {
    const std::string data = name_of_data(run);
    if (document.subtitle.find(data) == std::string::npos)
      document.subtitle += (document.subtitle.empty() ? "" : ", ") + data;
  }
  for (Section (*section_of)(std::span<const RunRecord>) :
       {settings_differences, results_compared, curves_compared, calibration_compared, classes_compared,
        checks_compared, runs_one_by_one})
    document.sections.push_back(section_of(runs));
  document.verdict = verdict_of_many(runs, document.sections[1]);
  document.headlines = headlines_compared(runs);
  return document;
}

}  // namespace

Document document_of(std::span<const RunRecord> runs) {
  if (runs.empty()) throw Error(ErrorKind::kUsage, "no run to report on", "one at least");
  Document document = runs.size() == 1 ? document_of_one(runs.front()) : document_of_many(runs);
  std::erase_if(document.sections, [](const Section& section) { return section.blocks.empty(); });
  return document;
}

}  // namespace poise::report
