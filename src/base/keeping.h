// How what takes long can be stopped at any moment and go on later: states of it are kept, and one is taken up again.
#pragma once

#include <functional>

namespace poise::inline base {

/// For a run that offers a State, a plain value, where it stands between two of its steps. All may be empty.
template <typename State>
struct Keeping {
  const State* from = nullptr;        ///< where to go on; null: at the beginning
  std::function<bool()> is_due = {};  ///< asked between two steps: whether the state is wanted
  std::function<void(State)> keep = {};

  bool wants() const { return is_due && is_due(); }
};

}  // namespace poise::inline base
