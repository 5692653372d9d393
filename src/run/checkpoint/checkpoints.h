// Keeps where a training stands: in memory as often as costs next to nothing, on the disk as often as was asked.
#pragma once

#include <optional>

#include "base/stopwatch.h"
#include "run/checkpoint/checkpoint.h"

namespace poise::inline run {

class Checkpoints {
 public:
  /// `every`: seconds from one on the disk to the next; 0: none at all. The directory must outlive it.
  Checkpoints(double every, RunDirectory& directory) : every_(every), directory_(directory) {}

  /// Whether a state is wanted: for the disk, or in memory, if that takes half a percent of the time at most.
  bool is_due();
  /// Takes it, and writes it if it is time. Throws Error(kIo).
  void keep(Checkpoint checkpoint);
  /// Writes what is kept in memory alone. Throws Error(kIo).
  void write();
  /// Whether it has ever written one.
  bool has_written() const { return has_written_; }

 private:
  double every_;
  RunDirectory& directory_;
  std::optional<Checkpoint> latest_;  // not on the disk yet
  Stopwatch since_written_, since_kept_, making_;
  double cost_ = 0;  // seconds that the last one took to make
  bool has_written_ = false;
};

}  // namespace poise::inline run
