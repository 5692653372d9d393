#include "base/product.h"

#include <fmt/core.h>
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_debug.h>

#include "poise/error.h"

namespace poise {

void multiply(Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb, float beta, float* c,
              Index ldc) {
  const dnnl_status_t status = dnnl_sgemm('N', 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
  if (status == dnnl_success) return;
  throw Error(status == dnnl_out_of_memory ? ErrorKind::kResource : ErrorKind::kInternal,
              fmt::format("oneDNN refused a product of {}×{} and {}×{}: {}", m, k, k, n, dnnl_status2str(status)));
}

}  // namespace poise
