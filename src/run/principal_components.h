// Principal component analysis: what a linear network of one narrow layer comes to at best (Baldi & Hornik 1989).
#pragma once

#include <optional>

#include "poise/run.h"

namespace poise::inline run {

/// The error on `rows` of the mean and the k leading principal components of the rows `train`, where features count as
/// they do in the loss that `network` was trained with. Empty beyond 2,000 features, for which the d×d matrix is large.
std::optional<PrincipalComponents> principal_components(const Dataset& train, const Dataset& rows,
                                                        const Network& network, Index components);

}  // namespace poise::inline run
