// The machine that a run was made on.
#pragma once

#include <nlohmann/json.hpp>

namespace poise::inline run {

/// {time, threads, processors, processor, system, compiler}: when run.json was written (UTC), the threads used for
/// those `asked` (0: all), how many processors there are and what they call themselves, the kernel, the compiler.
nlohmann::json environment_json(int asked);

}  // namespace poise::inline run
