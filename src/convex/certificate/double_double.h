// Arithmetic of twice the length of a double, and sums of products without rounding (Dekker 1971, Shewchuk 1997).
// Exact as long as nothing overflows and no product falls below 2^-1022; callers scale their numbers to about 1.
#pragma once

#include <cmath>
#include <vector>

namespace poise::inline convex {

/// high + low, |low| ≤ half the last bit of high.
struct DoubleDouble {
  double high = 0, low = 0;
};

/// a + b, exactly.
inline DoubleDouble exact_sum(double a, double b) {
  const double sum = a + b, shift = sum - a;
  return {sum, (a - (sum - shift)) + (b - shift)};
}

/// a b, exactly.
inline DoubleDouble exact_product(double a, double b) {
  const double product = a * b;
  return {product, std::fma(a, b, -product)};
}

/// A sum of products in twice the precision (Ogita, Rump, Oishi 2005, Dot2): of n terms it is right up to
/// ε/2 of itself plus (n ε)² Σ|terms|.
class CompensatedSum {
 public:
  void add(double value) {
    const DoubleDouble sum = exact_sum(sum_, value);
    sum_ = sum.high;
    rest_ += sum.low;
  }
  void add_product(double a, double b) {
    const DoubleDouble product = exact_product(a, b);
    add(product.high);
    rest_ += product.low;
  }
  void add_product(double a, const DoubleDouble& b) {
    add_product(a, b.high);
    rest_ += a * b.low;
  }
  DoubleDouble value() const { return exact_sum(sum_, rest_); }

 private:
  double sum_ = 0, rest_ = 0;
};

/// A sum of doubles and of their products without any rounding: a list of numbers that do not overlap, smallest first.
class ExactSum {
 public:
  void add(double value) {
    std::size_t kept = 0;
    for (double part : parts_) {
      const DoubleDouble sum = exact_sum(value, part);
      if (sum.low != 0) parts_[kept++] = sum.low;
      value = sum.high;
    }
    parts_.resize(kept);
    if (value != 0) parts_.push_back(value);
  }
  void add_product(double a, double b) {
    const DoubleDouble product = exact_product(a, b);
    add(product.low);
    add(product.high);
  }
  int sign() const { return parts_.empty() ? 0 : parts_.back() > 0 ? 1 : -1; }
  /// The sum, within one unit in the last place.
  double value() const {
    double sum = 0;
    for (double part : parts_) sum += part;
    return sum;
  }
  void clear() { parts_.clear(); }

 private:
  std::vector<double> parts_;
};

}  // namespace poise::inline convex
