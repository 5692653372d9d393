#include "report/live/live_page.h"

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "report/facts/sections.h"
#include "report/live/earlier_events.h"
#include "report/live/live_document.h"
#include "run/json_text.h"

namespace poise::report {
namespace {

constexpr double kShortest = 0.5;    // seconds from one page to the next
constexpr double kMostShare = 0.05;  // of the time that making pages may take

constexpr const char *kReload = "Reload the page to see how the training stands now.",
                     *kEnded = "Training has ended. This page is its report, as it is in the run directory.",
                     *kEndedEarly = "The process has ended, and its server with it.";

}  // namespace

/// Reads no file twice. What cannot be read is left out: the page is then that of the training.
LiveState LivePage::state_with_what_was_read() {
  LiveState state = run_.state();
  if (state.stage == Stage::kMeasuring && !read_ && !state.run.directory.empty()) {
    try {
      read_ = read_run(state.run.directory);
    } catch (const std::exception&) {
      read_.emplace();
    }
  }
  if (state.stage == Stage::kMeasuring && read_ && !read_->status.empty()) {
    state.run = *read_;
  } else if (state.has_earlier) {
    if (!earlier_) earlier_ = earlier_events(state.earlier_in, state.run);
    add_earlier(*earlier_, state.run);
  }
  return state;
}

void LivePage::make_last_page() {
  try {
    const RunRecord run = read_run(ended_in_);
    last_page_ = html_of(document_of({&run, 1}), Served{.version = 0, .note = kEnded, .following = false});
    ++version_;
  } catch (const std::exception&) {  // removed already, say
    has_ended_early_ = true;
    ended_in_.clear();
  }
}

void LivePage::renew() {
  if (!ended_in_.empty() && last_page_.empty()) make_last_page();
  const bool is_fresh = since_made_ && since_made_->seconds() < std::max(kShortest, seconds_to_make_ / kMostShare);
  if (is_fresh || !last_page_.empty()) return;
  const Stopwatch making;
  renew_now();
  seconds_to_make_ = making.seconds();
  since_made_ = Stopwatch();
}

void LivePage::renew_now() {
  const LiveState state = state_with_what_was_read();
  document_ = live_document_of(state);
  stands_ = where_it_stands(state);
  std::vector<Kept> before = std::move(parts_);
  parts_.clear();
  bool any = false;
  for (PagePart& part : parts_of(document_)) {
    const auto old = std::ranges::find(before, part.id, [](const Kept& kept) { return kept.part.id; });
    const bool is_same = old != before.end() && old->part.html == part.html;
    parts_.push_back({std::move(part), is_same ? old->version : version_ + 1});
    any = any || !is_same;
  }
  if (any || before.size() != parts_.size()) ++version_;
}

std::string LivePage::title() const { return stands_ + " – " + document_.title + " – Poise"; }

std::string LivePage::whole() {
  const std::lock_guard lock(mutex_);
  renew();
  if (!last_page_.empty()) return last_page_;
  return html_of(document_, Served{.version = version_, .note = kReload, .following = !has_ended_early_});
}

LivePage::Update LivePage::since(std::uint64_t version) {
  const std::lock_guard lock(mutex_);
  renew();
  Update update{.version = version_, .json = "", .is_last = has_ended_early_ || !last_page_.empty()};
  nlohmann::json told = {{"version", version_}};
  if (!last_page_.empty()) {
    told["page"] = last_page_;
  } else if (version >= version_ && !has_ended_early_) {
    return update;
  } else {
    told["title"] = title();
    for (const Kept& kept : parts_) {
      told["order"].push_back(kept.part.id);
      if (kept.version > version) told["parts"][kept.part.id] = kept.part.html;
    }
  }
  if (has_ended_early_) told["ended"] = kEndedEarly;
  update.json = to_text(told);
  return update;
}

void LivePage::end(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  ended_in_ = directory;
}

void LivePage::end_early() {
  const std::lock_guard lock(mutex_);
  has_ended_early_ = true;
  since_made_.reset();
}

}  // namespace poise::report
