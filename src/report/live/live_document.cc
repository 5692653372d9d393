#include "report/live/live_document.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/words.h"
#include "report/facts/sections.h"
#include "report/words.h"
#include "run/short_number.h"

namespace poise::report {
namespace {

const Epoch* last_epoch(const LiveState& state) {
  return state.run.history.empty() ? nullptr : &state.run.history.back();
}

const Progress* last_iteration(const LiveState& state) {
  return state.run.iterations_of_solve.empty() ? nullptr : &state.run.iterations_of_solve.back();
}

/// "a network with 64 hidden units for digits"
std::string model_for_data(const RunRecord& run) {
  std::string model = name_of_model(run);
  if (model.ends_with(' ')) model.pop_back();  // its layers are not known yet
  return model + " for " + name_of_data(run);
}

/// "12 s", "4 min 10 s": no parts of a second, which would only flicker.
std::string elapsed(double seconds) {
  if (seconds < 1) return "less than 1 s";
  return seconds < 99.5 ? fmt::format("{:.0f} s", std::floor(seconds)) : time(std::floor(seconds));
}

std::string time_left(const LiveState& state) {
  return state.seconds_left < 0 ? "" : "about " + duration(std::max(1.0, state.seconds_left)) + " left";
}

std::string words_of(Stage stage) {
  switch (stage) {
    case Stage::kReading:
      return "reading";
    case Stage::kChoosing:
      return "choosing the penalty";
    case Stage::kTraining:
      return "training";
    case Stage::kMeasuring:
      return "measuring";
    case Stage::kFailed:
      return "ended with an error";
  }
  return "";
}

std::string how(const LiveState& state) {
  const std::string since = elapsed(state.seconds);
  switch (state.stage) {
    case Stage::kReading:
      return fmt::format("the data, for {}", since);
    case Stage::kChoosing:
      return fmt::format("by cross-validation, {} since training began; there is no curve of that", since);
    case Stage::kTraining: {
      const std::string left = time_left(state);
      return fmt::format("for {}{}", since, left.empty() ? "" : "; " + left);
    }
    case Stage::kMeasuring:
      return fmt::format("what the model is worth; training has ended: {}", state.run.why);
    case Stage::kFailed:
      return state.failure;
  }
  return "";
}

std::string course_of(const Epoch& epoch, const LiveState& state) {
  std::string text = fmt::format("after epoch {} of {} the loss is {}", count(epoch.number), count(state.epochs),
                                 number(epoch.train.loss));
  const char* right = state.run.reconstructs ? "of the variance explained" : "right";
  if (epoch.validation)
    text += fmt::format(", on the validation rows {} with {} {}", number(epoch.validation->loss),
                        percent(epoch.validation->accuracy), right);
  return text + ".";
}

std::string course_of(const Progress& progress, const LiveState& state) {
  std::string text = fmt::format("after {} and {} passes the objective is {}", counted(progress.iteration, "iteration"),
                                 brief(progress.passes), number(progress.objective, 6));
  if (state.run.certificate)
    text += fmt::format(", proven within {} nats of the optimum", number(state.run.certificate->gap, 2));
  return text + ".";
}

std::string verdict_of(const LiveState& state) {
  std::string text = model_for_data(state.run);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  if (const Epoch* epoch = last_epoch(state)) return text + ": " + course_of(*epoch, state);
  if (const Progress* progress = last_iteration(state)) return text + ": " + course_of(*progress, state);
  if (!state.warm_start.empty()) return text + ": a first solve on a part of the rows (" + state.warm_start + ").";
  return text + ".";
}

void add_headlines(const Epoch& epoch, const LiveState& state, std::vector<Headline>& all) {
  all.push_back({count(epoch.number), "epochs of " + count(state.epochs), time_left(state)});
  all.push_back(
      {number(epoch.train.loss), state.run.reconstructs ? "loss" : "loss, nats", "training rows, in the epoch"});
  if (epoch.validation) all.push_back({number(epoch.validation->loss), "validation loss", "after the epoch"});
  const double accuracy = epoch.validation ? epoch.validation->accuracy : epoch.train.accuracy;
  all.push_back({percent(accuracy), state.run.reconstructs ? "variance explained" : "accuracy",
                 epoch.validation ? "validation rows" : "training rows, in the epoch"});
}

void add_headlines(const Progress& progress, const LiveState& state, std::vector<Headline>& all) {
  if (state.run.certificate)
    all.push_back({number(state.run.certificate->gap, 2), "proven gap, nats", "wanted: " + number(state.tolerance, 2)});
  all.push_back({number(progress.objective, 6), "objective, nats", "loss and penalty"});
  all.push_back({number(progress.gradient_norm, 2), "gradient norm", "0 at the optimum"});
  all.push_back({brief(progress.passes), "passes over the rows", counted(progress.iteration, "iteration")});
}

std::vector<Headline> headlines_of(const LiveState& state) {
  std::vector<Headline> all;
  if (state.stage == Stage::kReading) return all;
  if (const Epoch* epoch = last_epoch(state)) add_headlines(*epoch, state, all);
  if (const Progress* progress = last_iteration(state)) add_headlines(*progress, state, all);
  all.push_back({elapsed(state.seconds), "since training began", last_epoch(state) ? "" : time_left(state)});
  return all;
}

/// The share of the time that is over, where it can be told.
double share_done(const LiveState& state) {
  if (state.stage != Stage::kTraining || state.seconds_left < 0) return kNoValue;
  const double all = state.seconds + state.seconds_left;
  return all > 0 ? state.seconds / all : kNoValue;
}

/// Until there is a lower bound the objective is all that is known to fall.
Chart objective_chart(const RunRecord& run) {
  std::vector<double> passes, objective;
  for (const Progress& progress : run.iterations_of_solve) {
    passes.push_back(progress.passes);
    objective.push_back(progress.objective);
  }
  return {.title = "Objective, by passes over all rows",
          .caption = "",
          .x = {.name = "passes over all rows"},
          .y = {.name = "nats"},
          .series = curves(passes, {"objective"}, {objective}),
          .guides = {}};
}

Section course_so_far(const RunRecord& run) {
  Section section = course_section(run);
  section.heading = "How it goes";
  if (run.is_network || section.blocks.empty()) return section;
  section.blocks.emplace(section.blocks.begin() + 1, Charts{{objective_chart(run)}});
  if (!run.certificate)
    section.blocks[2] = Paragraph{"No lower bound is proven yet, so only the gradient tells how near the optimum is."};
  return section;
}

/// The solves of a path, the latest first.
Section solves_section(const LiveState& state) {
  Section section{"penalty", "The path of penalties", {}};
  if (state.solves.empty()) return section;
  const bool all_known = state.penalties > 0;
  Table table{.caption = all_known ? fmt::format("Solves begun: {} of {}", state.solves.size(), state.penalties)
                                   : fmt::format("Solves begun: {}", state.solves.size()),
              .columns = {{"penalty λ"}, {"objective"}, {"proven gap"}, {"iterations"}, {"passes"}},
              .rows = {}};
  for (auto solve = state.solves.rbegin(); solve != state.solves.rend(); ++solve) {
    const Progress& last = solve->last;
    table.rows.push_back({brief(solve->l2), number(last.objective, 6), number(last.gap.value_or(kNoValue), 2),
                          count(last.iteration), brief(last.passes)});
  }
  section.blocks.emplace_back(std::move(table));
  return section;
}

Section rows_section(const RunRecord& run) {
  Section section{"data", "The data", {}};
  if (run.rows == 0) return section;
  section.blocks.emplace_back(Facts{"Data",
                                    {{"data", run.option("data")},
                                     {"rows trained on", count(static_cast<double>(run.rows))},
                                     {"fingerprint of those rows", run.fingerprint}}});
  if (!run.notices.empty()) {
    section.blocks.emplace_back(Paragraph{"What was noted about data and options:"});
    section.blocks.emplace_back(List{run.notices});
  }
  return section;
}

std::vector<Section> sections_so_far(const LiveState& state) {
  const RunRecord& run = state.run;
  if (run.rows == 0) return {};
  return {course_so_far(run),  solves_section(state), balance_section(run),    thermodynamics_section(run),
          repeat_section(run), rows_section(run),     environment_section(run)};
}

/// Of the report of a run that is read back, what does not speak of its end.
std::vector<Section> sections_read(const RunRecord& run) {
  std::vector<Section> sections = document_of({&run, 1}).sections;
  std::erase_if(sections, [](const Section& section) { return section.id == "summary"; });
  return sections;
}

}  // namespace

Document live_document_of(const LiveState& state) {
  Document document{.title = name_of(state.run) == "run" ? name_of_data(state.run) : name_of(state.run),
                    .subtitle = model_for_data(state.run),
                    .status = words_of(state.stage),
                    .mood = state.stage == Stage::kFailed ? Document::Mood::kBad : Document::Mood::kLive,
                    .why = how(state),
                    .verdict = verdict_of(state),
                    .headlines = headlines_of(state),
                    .sections = {},
                    .done = share_done(state)};
  const bool is_read = state.stage == Stage::kMeasuring && !state.run.status.empty();
  if (is_read) document.headlines = report::headlines_of(state.run);
  document.sections = is_read ? sections_read(state.run) : sections_so_far(state);
  std::erase_if(document.sections, [](const Section& section) { return section.blocks.empty(); });
  return document;
}

std::string where_it_stands(const LiveState& state) {
  const Epoch* epoch = last_epoch(state);
  if (state.stage != Stage::kTraining) return words_of(state.stage);
  if (epoch) return fmt::format("epoch {} of {}", count(epoch->number), count(state.epochs));
  if (state.run.certificate) return "gap " + number(state.run.certificate->gap, 2);
  return words_of(state.stage);
}

}  // namespace poise::report
