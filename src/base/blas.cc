#include "base/blas.h"

#include <cstdlib>
#include <string_view>

// OpenBLAS's own start-up; weak, because only its builds for many processors have it.
extern "C" {
[[gnu::weak]] char* openblas_get_corename();
[[gnu::weak]] void gotoblas_dynamic_init();
[[gnu::weak]] void gotoblas_dynamic_quit();
}

namespace poise {
namespace {

const char* best_known_core() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")) return "SkylakeX";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
  return nullptr;
}

bool choose_kernels() {
  constexpr const char* kVariable = "OPENBLAS_CORETYPE";
  if (!openblas_get_corename || !gotoblas_dynamic_init || !gotoblas_dynamic_quit || std::getenv(kVariable))
    return false;
  const char* better = best_known_core();
  if (!better || std::string_view(openblas_get_corename()) != "Prescott") return false;
  ::setenv(kVariable, better, 0);
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  ::unsetenv(kVariable);
  return true;
}

}  // namespace

void use_fitting_blas_kernels() { [[maybe_unused]] static const bool chosen = choose_kernels(); }

}  // namespace poise
