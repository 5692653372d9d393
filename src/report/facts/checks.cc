#include <fmt/core.h>

#include "poise/checks.h"
#include "report/facts/sections.h"
#include "report/words.h"

namespace poise::report {

Section checks_section(const RunRecord& run) {
  Section section{"checks", "Checks", {}};
  const std::vector<Check> checks = checks_of(run);
  if (checks.empty()) return section;
  section.blocks.emplace_back(Paragraph{counts_of(checks) + ". The codes are those of docs/report.md."});
  Findings findings;
  Table fine{.caption = "What is as it should be",
             .columns = {{"code", false}, {"check", false}, {"found", false}, {"ok if", false}},
             .rows = {}};
  for (const Check& check : checks) {
    if (check.severity == Severity::kOk) {
      fine.rows.push_back({check.code, check.name, check.found, check.threshold});
    } else {
      findings.all.push_back({check.code, to_string(check.severity),
                              check.severity == Severity::kWarning ? Mood::kBad : Mood::kPlain, check.name, check.found,
                              check.threshold, check.advice, check.notes});
    }
  }
  if (!findings.all.empty()) section.blocks.emplace_back(std::move(findings));
  if (!fine.rows.empty()) section.blocks.emplace_back(std::move(fine));
  return section;
}

}  // namespace poise::report
