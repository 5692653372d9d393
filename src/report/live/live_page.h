// The page of a training under way: whole, and then what has changed of it.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/stopwatch.h"
#include "report/live/live_run.h"
#include "report/write/html.h"

namespace poise::report {

/// Called from any thread, and reads nothing of a training but `run`. It is made anew when somebody asks, at most every
/// half second and for a twentieth of the time.
class LivePage {
 public:
  /// `run` must outlive it.
  explicit LivePage(const LiveRun& run) : run_(run) {}

  /// The page as it is now: complete without scripts, which follow what `updates` of its folder tells.
  std::string whole();

  struct Update {
    std::uint64_t version = 0;
    std::string json;      ///< what a reader of an earlier version lacks; empty: nothing
    bool is_last = false;  ///< nothing comes after it
  };
  /// {"version", "title", "order": [id…], "parts": {id: HTML}}; at the end {"version", "page": HTML of it all}, or with
  /// "ended" the reason for which there is none.
  Update since(std::uint64_t version);

  /// Training has ended: from now on the page is the report of its directory.
  void end(const std::string& directory);
  /// It has ended without one: the page stays as it is.
  void end_early();

 private:
  struct Kept {
    PagePart part;
    std::uint64_t version = 0;  // at which it was made
  };

  void renew();
  void renew_now();
  void make_last_page();
  LiveState state_with_what_was_read();
  std::string title() const;

  const LiveRun& run_;
  std::mutex mutex_;
  std::vector<Kept> parts_;
  Document document_;
  std::string stands_;
  std::uint64_t version_ = 0;
  std::optional<Stopwatch> since_made_;
  double seconds_to_make_ = 0;
  std::optional<RunRecord> earlier_, read_;  // of a run that goes on; of one that is being measured
  std::string ended_in_, last_page_;         // the directory, once it has ended, and its report, once somebody asks
  bool has_ended_early_ = false;
};

}  // namespace poise::report
