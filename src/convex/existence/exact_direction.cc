#include "convex/existence/exact_direction.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/index.h"

namespace poise::inline convex {
namespace {

/// value = mantissa · 2^exponent with ½ ≤ |mantissa| < 1, the mantissa truncated to a double.
double mantissa_of(const mpz_class& value, long& exponent) { return mpz_get_d_2exp(&exponent, value.get_mpz_t()); }

/// The largest exponent of the numbers of a direction: 2^this is above all of them.
long largest_exponent(const ExactDirection& direction) {
  long largest = std::numeric_limits<long>::min();
  const std::size_t classes = direction.classes;
  for (std::size_t k = 0; k < direction.value.size(); ++k) {
    if (direction.value[k] == 0) continue;
    long exponent = 0;
    mantissa_of(direction.value[k], exponent);
    largest = std::max(largest, exponent + direction.exponent[k / classes]);
  }
  return largest;
}

/// Margins of single rows.
class RowMargins {
 public:
  RowMargins(const ExactRows& rows, const ExactDirection& direction) : rows_(rows), direction_(direction) {
    place_.assign(rows.cols() + 1, -1);
    for (std::size_t k = 0; k < direction.features.size(); ++k) place_[direction.features[k]] = static_cast<Index>(k);
    approximate_ = direction.rounded(rows.cols());
    size_ = approximate_.cwiseAbs().rowwise().maxCoeff();
    z_.resize(direction.classes);
  }

  /// Loads row i.
  void load(Index i) {
    const Index d = rows_.cols();
    entries_.clear();
    z_ = approximate_.row(d).transpose();
    double size = size_[d], sum = 1;
    rows_.for_each(i, [&](Index j, double x) {
      if (place_[j] < 0 || x == 0) return;
      entries_.push_back({place_[j], x, 0});
      z_ += x * approximate_.row(j).transpose();
      size += std::abs(x) * size_[j];
      sum += std::abs(x);
    });
    // Two sums of so many products, numbers of the direction rounded once, or to nothing where they are below 2^-1022.
    bound_ =
        8 * std::numeric_limits<double>::epsilon() * static_cast<double>(entries_.size() + 8) * size + 1e-300 * sum;
  }

  int sign(std::int32_t own, std::int32_t other) {
    const double margin = z_[own] - z_[other];
    if (margin > bound_) return 1;  // false if something is not finite
    if (margin < -bound_) return -1;
    const std::size_t classes = direction_.classes;
    difference_.resize(direction_.features.size());
    terms_.clear();
    auto add = [&](std::size_t place, double x) {
      const mpz_class* value = &direction_.value[place * classes];
      difference_[place] = value[own] - value[other];
      terms_.push_back({static_cast<Index>(place), x, direction_.exponent[place]});
    };
    for (const Term& entry : entries_) add(entry.unknown, entry.value);
    add(direction_.features.size() - 1, 1);
    return exact_sign(terms_, difference_);
  }

 private:
  const ExactRows& rows_;
  const ExactDirection& direction_;
  std::vector<Index> place_;
  Parameters approximate_;
  Vector size_, z_;
  double bound_ = 0;
  std::vector<Term> entries_, terms_;
  Integers difference_;
};

}  // namespace

namespace {

/// value · 2^exponent.
struct Scaled {
  mpz_class value = 0;
  int exponent = 0;
};

Scaled scaled(double x) {
  if (x == 0) return {};
  const int exponent = std::ilogb(x) - 52;
  return {mpz_class(static_cast<long>(std::scalbn(x, -exponent))), exponent};
}

/// Appends numbers of one feature, with the least of their exponents.
void append(ExactDirection& to, Index feature, const std::vector<Scaled>& numbers) {
  int lowest = std::numeric_limits<int>::max();
  for (const Scaled& number : numbers) {
    if (number.value != 0) lowest = std::min(lowest, number.exponent);
  }
  if (lowest == std::numeric_limits<int>::max()) lowest = 0;
  to.features.push_back(feature);
  to.exponent.push_back(lowest);
  for (const Scaled& number : numbers) {
    const int shift = number.value != 0 ? number.exponent - lowest : 0;
    to.value.push_back(number.value << static_cast<unsigned long>(shift));
  }
}

void add(Scaled& to, const Scaled& part) {
  if (part.value == 0) return;
  if (to.value == 0) {
    to = part;
    return;
  }
  const int lowest = std::min(to.exponent, part.exponent);
  to.value = (to.value << static_cast<unsigned long>(to.exponent - lowest)) +
             (part.value << static_cast<unsigned long>(part.exponent - lowest));
  to.exponent = lowest;
}

}  // namespace

ExactDirection direction_on_features(const Parameters& u) {
  ExactDirection out;
  out.classes = u.cols();
  std::vector<Scaled> numbers;
  for (Index j = 0; j < u.rows(); ++j) {
    if (j + 1 < u.rows() && (u.row(j).array() == 0).all()) continue;
    numbers.clear();
    for (double value : u.row(j)) numbers.push_back(scaled(value));
    append(out, j, numbers);
  }
  return out;
}

ExactDirection direction_of(const ExactRows& rows, const Parameters& w) {
  ExactDirection out = direction_on_features(w);
  const std::size_t classes = out.classes, last = out.features.size() - 1;
  std::vector<Scaled> bias;
  for (std::size_t c = 0; c < classes; ++c) bias.push_back({out.value[last * classes + c], out.exponent[last]});
  for (std::size_t k = 0; k < last; ++k) {  // weights on (x − center)/unit
    out.exponent[k] -= std::ilogb(rows.unit(out.features[k]));
    const Scaled center = scaled(rows.center(out.features[k]));
    for (std::size_t c = 0; c < classes; ++c)
      add(bias[c], {mpz_class(-out.value[k * classes + c] * center.value), out.exponent[k] + center.exponent});
  }
  out.features.pop_back();
  out.exponent.pop_back();
  out.value.resize(last * classes);
  append(out, rows.cols(), bias);
  return out;
}

Parameters ExactDirection::rounded(Index d, bool* exact) const {
  Parameters out = Parameters::Zero(d + 1, classes);
  const long largest = largest_exponent(*this);
  if (exact) *exact = true;
  for (std::size_t k = 0; k < value.size(); ++k) {
    if (value[k] == 0) continue;
    long power = 0;
    const double mantissa = mantissa_of(value[k], power);
    const std::size_t place = k / classes;
    const long shift = power + exponent[place] - largest;
    double& entry = out(features[place], static_cast<Index>(k % classes));
    entry = std::ldexp(mantissa, static_cast<int>(std::max<long>(shift, -3000)));
    if (exact && (shift < -900 || mpz_sizeinbase(value[k].get_mpz_t(), 2) - mpz_scan1(value[k].get_mpz_t(), 0) > 53))
      *exact = false;
  }
  return out;
}

Growth margins_grow(const ExactRows& rows, const Problem& problem, std::span<const Index> counted,
                    const ExactDirection& direction) {
  RowMargins margins(rows, direction);
  Growth out{0, true};
  for (Index row : counted) {
    margins.load(row);
    bool falls = false, grows = false;
    for_each_comparison(problem, row, [&](const Comparison& c) {
      if (falls) return;
      const int sign = margins.sign(c.own, c.other);
      falls = sign < 0;
      grows = grows || sign > 0;
      out.every = out.every && sign > 0;
    });
    if (falls) return {};
    out.rows += grows;
  }
  return out;
}

}  // namespace poise::inline convex
