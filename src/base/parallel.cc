#include "base/parallel.h"

#include <algorithm>
#include <exception>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#else
static int omp_get_num_procs() { return 1; }  // the fuzz build: one thread
#endif

namespace poise {

int resolve_threads(int requested) { return requested > 0 ? requested : std::max(1, omp_get_num_procs()); }

void parallel_for(Index count, int threads, const std::function<void(Index)>& task) {
  const int team = static_cast<int>(std::min<Index>(resolve_threads(threads), count));
  if (team <= 1) {
    for (Index i = 0; i < count; ++i) task(i);
    return;
  }
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(count));
#pragma omp parallel for schedule(dynamic, 1) num_threads(team)
  for (Index i = 0; i < count; ++i) {
    try {
      task(i);
    } catch (...) {
      errors[static_cast<std::size_t>(i)] = std::current_exception();
    }
  }
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

void tree_reduce(Index count, int threads, const std::function<void(Index, Index)>& add) {
  for (Index stride = 1; stride < count; stride *= 2) {
    const Index pairs = (count - stride + 2 * stride - 1) / (2 * stride);
    parallel_for(pairs, threads, [&](Index pair) { add(2 * stride * pair, 2 * stride * pair + stride); });
  }
}

}  // namespace poise
