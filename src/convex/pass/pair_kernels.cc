#include "convex/pass/pair_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convex/pass/pair_kernels.cc"
#include "hwy/foreach_target.h"
// The order matters: foreach_target re-includes this file once per instruction set.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace poise::inline convex {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Whole vectors: what is written behind the products of one i, those of the next overwrite.
void PairProducts(const double* HWY_RESTRICT x, Index ldx, Index rows, Index size, Index first, Index last,
                  double* HWY_RESTRICT to) {
  const hn::CappedTag<double, kPairPadding> d;
  const auto lanes = static_cast<Index>(hn::Lanes(d));
  for (Index r = 0; r < rows; ++r, x += ldx) {
    for (Index i = first; i < last; ++i) {
      const auto factor = hn::Set(d, x[i]);
      for (Index j = i; j < size; j += lanes) hn::StoreU(hn::Mul(factor, hn::LoadU(d, x + j)), d, to + (j - i));
      to += size - i;
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace poise::inline convex
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace poise::inline convex {

HWY_EXPORT(PairProducts);

void pair_products(const double* x, Index ldx, Index rows, Index size, Index first, Index last, double* to) {
  HWY_DYNAMIC_DISPATCH(PairProducts)(x, ldx, rows, size, first, last, to);
}

}  // namespace poise::inline convex
#endif  // HWY_ONCE
