#include "convex/existence/null_space.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace poise::inline convex {
namespace {

using Element = PrimeField::Element;

/// An equation that bound an unknown, by its number.
struct Binding {
  Index equation, unknown;
};

/// The vectors N_l modulo one prime, and in float64 beside it for the choice of pivots.
class Elimination {
 public:
  Elimination(const PrimeField& field, Index unknowns, bool with_floats) : field_(field), with_floats_(with_floats) {
    for (Index l = 0; l < unknowns; ++l) {
      free_.push_back(l);
      exact_.emplace_back(unknowns, 0);
      exact_.back()[l] = field.one();
      if (!with_floats) continue;
      float_.emplace_back(unknowns, 0.0);
      float_.back()[l] = 1;
    }
  }

  const std::vector<Index>& free_unknowns() const { return free_; }
  const std::vector<std::vector<Element>>& vectors() const { return exact_; }

  /// The unknown that the equation binds; none if the vectors solve it. `wanted`: the one it has to bind if it can.
  std::optional<Index> add(std::span<const Term> terms, Bind bind, std::optional<Index> wanted = std::nullopt) {
    products(terms);
    std::size_t best = free_.size();
    double largest = -1;
    for (std::size_t l = 0; l < free_.size(); ++l) {
      if (product_[l] == 0 || (wanted && free_[l] != *wanted)) continue;
      const double size = bind == Bind::kLargest && with_floats_ ? std::abs(float_product_[l]) : 0;
      if (!(size > largest)) continue;
      largest = size;
      best = l;
    }
    if (best == free_.size()) return std::nullopt;
    const Index bound = free_[best];
    eliminate(best);
    return bound;
  }

 private:
  void products(std::span<const Term> terms) {
    product_.assign(free_.size(), 0);
    float_product_.assign(with_floats_ ? free_.size() : 0, 0.0);
    for (const Term& term : terms) {
      const Element value = field_.from_double(term.value, term.exponent);
      const Index at = term.unknown;
      for (std::size_t l = 0; l < free_.size(); ++l) {
        if (exact_[l][at] != 0) product_[l] = field_.add(product_[l], field_.multiply(value, exact_[l][at]));
      }
      if (!with_floats_) continue;
      const double approximate = std::ldexp(term.value, term.exponent);
      for (std::size_t l = 0; l < free_.size(); ++l) float_product_[l] += approximate * float_[l][at];
    }
  }

  void eliminate(std::size_t pivot) {
    const Element inverse = field_.inverse(product_[pivot]);
    const std::vector<Element> row = std::move(exact_[pivot]);
    const std::vector<double> float_row = with_floats_ ? std::move(float_[pivot]) : std::vector<double>();
    const double float_pivot = with_floats_ ? float_product_[pivot] : 1;
    auto drop = [&](auto& list) { list.erase(list.begin() + static_cast<std::ptrdiff_t>(pivot)); };
    drop(exact_), drop(free_), drop(product_);
    if (with_floats_) drop(float_), drop(float_product_);
    for (std::size_t l = 0; l < free_.size(); ++l) {
      if (product_[l] == 0) continue;
      const Element factor = field_.multiply(product_[l], inverse);
      for (std::size_t k = 0; k < row.size(); ++k) {
        if (row[k] != 0) exact_[l][k] = field_.subtract(exact_[l][k], field_.multiply(factor, row[k]));
      }
      if (!with_floats_) continue;
      const double float_factor = float_product_[l] / float_pivot;
      for (std::size_t k = 0; k < row.size(); ++k) float_[l][k] -= float_factor * float_row[k];
    }
  }

  const PrimeField& field_;
  bool with_floats_;
  std::vector<Index> free_;
  std::vector<std::vector<Element>> exact_;
  std::vector<std::vector<double>> float_;
  std::vector<Element> product_;
  std::vector<double> float_product_;
};

/// a/b ≡ value mod `modulus` with |a| and b at most √(modulus/2), if there is one; it is unique then.
std::optional<std::pair<mpz_class, mpz_class>> rational_of(const mpz_class& value, const mpz_class& modulus,
                                                           const mpz_class& bound) {
  mpz_class a = modulus, b = value, s = 0, t = 1;
  while (b > bound) {
    const mpz_class quotient = a / b;
    mpz_class next = a - quotient * b;
    a = b;
    b = next;
    next = s - quotient * t;
    s = t;
    t = next;
  }
  if (t == 0 || abs(t) > bound) return std::nullopt;
  if (t < 0) return std::pair{mpz_class(-b), mpz_class(-t)};
  return std::pair{b, t};
}

/// Integers in the ratios of the rationals that `remainders` stand for, without a common factor.
std::optional<Integers> integers_of(const Integers& remainders, const mpz_class& modulus) {
  const mpz_class bound = sqrt(mpz_class(modulus / 2));
  Integers out(remainders.size());
  mpz_class denominator = 1;
  for (std::size_t k = 0; k < remainders.size(); ++k) {
    if (remainders[k] == 0) continue;
    const auto ratio = rational_of(mpz_class(remainders[k] * denominator % modulus), modulus, bound);
    if (!ratio) return std::nullopt;
    out[k] = ratio->first;
    if (ratio->second == 1) continue;
    denominator *= ratio->second;
    if (denominator > bound) return std::nullopt;
    for (std::size_t l = 0; l < k; ++l) out[l] *= ratio->second;
  }
  mpz_class divisor = 0;
  for (const mpz_class& value : out) divisor = gcd(divisor, value);
  for (mpz_class& value : out) value /= divisor;
  return out;
}

/// Remainders of every vector modulo the product of the primes so far.
class Lift {
 public:
  void add(const PrimeField& field, const std::vector<std::vector<Element>>& vectors, const ProofStop& stop) {
    const mpz_class prime(static_cast<unsigned long>(field.prime()));
    mpz_class inverse;
    if (modulus_ > 1) mpz_invert(inverse.get_mpz_t(), mpz_class(modulus_ % prime).get_mpz_t(), prime.get_mpz_t());
    remainders_.resize(vectors.size());
    for (std::size_t l = 0; l < vectors.size(); ++l) {
      stop.ask();
      remainders_[l].resize(vectors[l].size());
      for (std::size_t k = 0; k < vectors[l].size(); ++k) {
        const mpz_class value(static_cast<unsigned long>(field.to_integer(vectors[l][k])));
        mpz_class& known = remainders_[l][k];
        if (modulus_ == 1) {
          known = value;
          continue;
        }
        mpz_class step = (value - known) * inverse % prime;
        if (step < 0) step += prime;
        known += modulus_ * step;
      }
    }
    modulus_ *= prime;
  }
  std::optional<Integers> vector(std::size_t l) const { return integers_of(remainders_[l], modulus_); }

 private:
  mpz_class modulus_ = 1;
  std::vector<Integers> remainders_;
};

bool solves(const LinearSystem& system, const Integers& u) {
  std::vector<Term> terms;
  for (Index k = 0; k < system.equations; ++k) {
    system.terms(k, terms);
    if (exact_sign(terms, u) != 0) return false;
  }
  return true;
}

/// All vectors in integers, if they are known by now and hold.
bool lift_all(const LinearSystem& system, const Lift& lift, NullSpace& out, const ProofStop& stop) {
  std::vector<Integers> vectors;
  for (std::size_t l = 0; l < out.free_unknowns.size(); ++l) {
    stop.ask();
    std::optional<Integers> vector = lift.vector(l);
    if (!vector || !solves(system, *vector)) return false;
    vectors.push_back(std::move(*vector));
  }
  out.vectors = std::move(vectors);
  return true;
}

}  // namespace

int exact_sign(std::span<const Term> terms, const Integers& u) {
  int lowest = std::numeric_limits<int>::max();
  auto exponent_of = [](const Term& term) { return std::ilogb(term.value) + term.exponent - 52; };
  auto counts = [&](const Term& term) { return term.value != 0 && u[term.unknown] != 0; };
  for (const Term& term : terms) {
    if (counts(term)) lowest = std::min(lowest, exponent_of(term));
  }
  mpz_class sum = 0, part;
  for (const Term& term : terms) {
    if (!counts(term)) continue;
    const int exponent = exponent_of(term);
    part = static_cast<long>(std::scalbn(term.value, term.exponent - exponent));  // an integer of 53 bits
    part *= u[term.unknown];
    part <<= static_cast<unsigned long>(exponent - lowest);
    sum += part;
  }
  return sgn(sum);
}

NullSpace null_space(const LinearSystem& system, Bind bind, int most_primes, const ProofStop& stop) {
  constexpr double kMostWork = 3e8;  // multiplications modulo a prime, about a second of them
  constexpr double kLifting = 300;   // of them take as long as lifting a number by one prime
  constexpr int kFewPrimes = 8;
  NullSpace out;
  std::vector<Binding> bindings;
  std::vector<Term> terms;
  Lift lift;
  for (int prime = 0, next_try = 1; prime < most_primes; ++prime) {
    const PrimeField field(prime);
    Elimination elimination(field, system.unknowns, prime == 0 && bind == Bind::kLargest);
    if (prime == 0) {
      for (Index k = 0; k < system.equations && !elimination.free_unknowns().empty(); ++k) {
        system.terms(k, terms);
        if (const auto bound = elimination.add(terms, bind)) {
          bindings.push_back({k, *bound});
          stop.ask();
        }
      }
      out.free_unknowns = elimination.free_unknowns();
      if (out.free_unknowns.empty()) return out;
      const double unknowns = static_cast<double>(system.unknowns), bound = static_cast<double>(bindings.size());
      const double of_prime = unknowns * (bound * (unknowns - bound / 2) + kLifting * (unknowns - bound));
      const double affordable = kMostWork / of_prime;
      most_primes = std::max(kFewPrimes, static_cast<int>(std::min<double>(most_primes, affordable)));
    } else {
      bool lucky = true;  // no pivot is a multiple of the prime
      for (const Binding& binding : bindings) {
        stop.ask();
        system.terms(binding.equation, terms);
        lucky = lucky && elimination.add(terms, bind, binding.unknown).has_value();
      }
      if (!lucky) continue;
    }
    lift.add(field, elimination.vectors(), stop);
    if (prime + 1 < next_try) continue;
    if (lift_all(system, lift, out, stop)) return out;
    next_try *= 2;
  }
  return out;
}

}  // namespace poise::inline convex
