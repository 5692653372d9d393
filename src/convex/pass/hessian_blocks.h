// The Hessian of the loss as a whole.
#pragma once

#include "poise/dataset.h"

namespace poise::inline convex {

/// From what kHessian asks for: see dense_hessian.
Matrix hessian_from_blocks(const Matrix& blocks, Index classes, Index features);

}  // namespace poise::inline convex
