#include "base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

namespace poise::inline base {
namespace {

constexpr double kAll = std::numeric_limits<double>::infinity();

/// The number behind `key` in a file of keys and numbers, times `unit`; infinite where there is none.
double number_in(const std::string& path, const std::string& key, double unit) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string found;
    double number = 0;
    if (words >> found >> number && found == key) return unit * number;
  }
  return kAll;
}

double number_in(const std::string& path) {
  std::ifstream file(path);
  double number = 0;
  return file >> number ? number : kAll;  // "max" is no number
}

/// Least of what `of` says of the process's control group (version 2) and of those it lies in.
template <typename Of>
double least_of_groups(const Of& of) {
  std::ifstream file("/proc/self/cgroup");
  double least = kAll;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("0::")) continue;
    std::string group = line.substr(3);
    for (bool more = true; more;) {
      const std::string folder = "/sys/fs/cgroup" + group;
      least = std::min(least, of(folder));
      const std::size_t slash = group.rfind('/');
      more = slash != std::string::npos && group.size() > 1;
      group.resize(more ? std::max<std::size_t>(slash, 1) : 0);
    }
  }
  return least;
}

double allowed_to(const std::string& group) { return number_in(group + "/memory.max"); }

double left_to(const std::string& group) {
  const double most = allowed_to(group);
  if (most == kAll) return kAll;
  const double cached = number_in(group + "/memory.stat", "file", 1), used = number_in(group + "/memory.current");
  return std::max(0.0, most - used + (cached == kAll ? 0 : cached));
}

}  // namespace

double memory_of_machine() {
  const double machine = static_cast<double>(std::max(1L, ::sysconf(_SC_PHYS_PAGES))) *
                         static_cast<double>(std::max(1L, ::sysconf(_SC_PAGESIZE)));
  return std::min(machine, least_of_groups(allowed_to));
}

double free_memory() {
  const double machine = number_in("/proc/meminfo", "MemAvailable:", 1024);
  return std::min({memory_of_machine(), machine, least_of_groups(left_to)});
}

double memory_allowed(std::uint64_t asked) { return asked > 0 ? static_cast<double>(asked) : 0.5 * free_memory(); }

}  // namespace poise::inline base
