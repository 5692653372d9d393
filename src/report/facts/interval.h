// How sure a share is that was counted.
#pragma once

#include "poise/estimate.h"

namespace poise::report {

/// Wilson's 95 % interval of a probability of which a share p of n independent rows was seen:
///   (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n),   z = 1.96
/// It covers well near 0 and 1, too (Brown, Cai and DasGupta 2001). [0, 1] for n = 0, or a share of NaN.
Bounds wilson_interval(double share, double rows);

}  // namespace poise::report
