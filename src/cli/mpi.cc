#include "cli/mpi.h"

#include <dlfcn.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>

#include "poise/error.h"

namespace poise::cli {
namespace {

/// A number in the environment that a launcher has set: that of Open MPI, or of MPICH and those made of it. 0: none.
int number_set(const char* open_mpi, const char* mpich) {
  for (const char* name : {open_mpi, mpich}) {
    if (const char* text = std::getenv(name)) return std::atoi(text);
  }
  return 0;
}

/// Beside the tool where it is built, in the folder of libraries where it is installed.
void* load_module() {
  const std::filesystem::path folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const std::filesystem::path& place : {folder, folder / POISE_MODULES}) {
    // MPI loads modules of its own, which look for its names among all.
    if (void* module = ::dlopen((place / "libpoise_mpi.so").c_str(), RTLD_NOW | RTLD_GLOBAL)) return module;
  }
  return nullptr;
}

[[noreturn]] void fail_without_mpi(int count) {
  if (number_set("OMPI_COMM_WORLD_RANK", "PMI_RANK") != 0) std::_Exit(2);  // one of them says it
  const char* why = ::dlerror();
  throw Error(ErrorKind::kUsage,
              fmt::format("{} processes were begun, each of which would do all the work: this poise has no MPI ({})",
                          count, why ? why : "it was built without"),
              "one process, or a poise with MPI",
              "apt-get install libopenmpi-dev, and build it again; POISE_MPI=0 makes each work for itself");
}

}  // namespace

std::unique_ptr<MpiProcesses> processes_of_mpi() {
  const int count = number_set("OMPI_COMM_WORLD_SIZE", "PMI_SIZE");
  const char* const wanted = std::getenv("POISE_MPI");
  if (count < 2 || (wanted != nullptr && std::string_view(wanted) == "0")) return nullptr;
  void* const module = load_module();
  if (module == nullptr) fail_without_mpi(count);
  const auto begin = reinterpret_cast<MpiProcesses* (*)()>(::dlsym(module, "poise_mpi_processes"));
  if (begin == nullptr) fail_without_mpi(count);
  return std::unique_ptr<MpiProcesses>(begin());
}

int work_for_driver(MpiProcesses& processes) {
  serve_rows(*processes.channel_to(0));
  return 0;
}

}  // namespace poise::cli
