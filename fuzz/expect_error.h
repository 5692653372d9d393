// What every fuzz target promises: bytes give a result or a poise::Error, never anything else.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "poise/error.h"

namespace poise {

/// Runs `action`; an Error is fine unless it says that the bug is ours. Other exceptions end the process.
template <typename Action>
void expect_result_or_error(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInternal) std::abort();
  }
}

}  // namespace poise
