// Waiting without sleep, for what usually comes soon.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace poise::inline base {

/// Asks ready() for some 40 to 100 µs (less where there is no instruction to pause): longer than the gap between two
/// short parallel phases, where going to sleep and waking up would cost as much as the phase, and short beside a time
/// slice. Returns what it said last.
template <typename Ready>
bool spin_until(Ready&& ready) {
  constexpr int kSpins = 2000;
  for (int spin = 0; spin < kSpins; ++spin) {
    if (ready()) return true;
#if defined(__x86_64__)
    _mm_pause();
#endif
  }
  return ready();
}

}  // namespace poise::inline base
