#include "run/training/environment.h"

#include <fmt/core.h>
#include <sys/utsname.h>

#include <ctime>
#include <fstream>
#include <string>
#include <thread>

#include "base/parallel.h"

namespace poise::inline run {
namespace {

/// "Intel(R) Xeon(R) …"; empty where the system does not say.
std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("model name")) continue;
    const std::size_t begin = line.find_first_not_of(" \t", line.find(':') + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::string system_name() {
  utsname names{};
  return ::uname(&names) == 0 ? fmt::format("{} {} {}", names.sysname, names.release, names.machine) : std::string();
}

/// "2026-11-30T07:10:22Z"
std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  char text[32] = "";
  if (::gmtime_r(&now, &utc) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

const char* compiler_name() {
#if defined(__clang__)
  return "Clang " __clang_version__;
#else
  return "GCC " __VERSION__;
#endif
}

}  // namespace

nlohmann::json environment_json(int asked) {
  return {{"time", time_now()},
          {"threads", resolve_threads(asked)},
          {"processors", std::thread::hardware_concurrency()},
          {"processor", processor_name()},
          {"system", system_name()},
          {"compiler", compiler_name()}};
}

}  // namespace poise::inline run
