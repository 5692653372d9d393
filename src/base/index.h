// A place in a sequence. It indexes and sizes standard containers as it is, without a cast (CONTRIBUTING.md).
#pragma once

#include <cstdint>

namespace poise {

using Index = std::int64_t;

}  // namespace poise
