// Messages on stderr. One that cannot be written, to a terminal that is gone, is no reason to end.
#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <utility>

namespace poise::cli {

template <typename... Values>
void say(fmt::format_string<Values...> format, Values&&... values) {
  std::fputs(fmt::format(format, std::forward<Values>(values)...).c_str(), stderr);
}

}  // namespace poise::cli
