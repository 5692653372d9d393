// The values of one row in the units of the file they came from.
#pragma once

#include <string>
#include <vector>

#include "poise/dataset.h"

namespace poise {

/// Loads rows one after the other. For writing, not for speed.
class RowValues {
 public:
  explicit RowValues(const Dataset& data);

  void load(Index row);
  float stored(Index feature) const { return stored_[static_cast<std::size_t>(feature)]; }
  /// offset + scale · stored.
  double original(Index feature) const;
  /// The decimal with fewest places that is stored as the same float32: standardizing it again, with the same offset
  /// and scale, gives the same bits. It is the file's own number wherever that had fewer digits than float32 resolves.
  std::string text(Index feature) const;
  /// That decimal as a number.
  double value(Index feature) const;
  /// Whether every feature is stored as given (offset 0, scale 1).
  bool as_given() const { return as_given_; }

 private:
  const Dataset& data_;
  bool as_given_;
  std::vector<float> stored_;
  Index sparse_begin_ = 0, sparse_end_ = 0;  ///< entries of the loaded row, to clear
};

}  // namespace poise
