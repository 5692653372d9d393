// What the page of a training under way says.
#pragma once

#include "report/document.h"
#include "report/live/live_run.h"

namespace poise::report {

/// Its curves so far, and what it was asked. A run that is being measured has been read back from its directory: the
/// report, but for what is still to come.
Document live_document_of(const LiveState& state);

/// "epoch 5 of 20", "gap 3.2·10⁻⁵": where it stands in a few words, for a tab.
std::string where_it_stands(const LiveState& state);

}  // namespace poise::report
