// Loss::kCrossEntropy: p = softmax(z), ℓ = lse(z) − ⟨t, z⟩ for t that adds up to 1, Y* = p − t, R = diag p − p pᵀ.
#include <algorithm>
#include <cmath>

#include "learning/loss/loss.h"
#include "learning/loss/softmax_kernels.h"
#include "poise/information.h"

namespace poise::learning {
namespace {

/// e^z to probabilities in place; returns ⟨p, v⟩.
float softmax_mean(float* p, const float* v, Index count) {
  float sum = 0, mean = 0;
  for (Index k = 0; k < count; ++k) sum += p[k];
  for (Index k = 0; k < count; ++k) mean += (p[k] /= sum) * v[k];
  return mean;
}

class CrossEntropy : public LossFunction {
 public:
  Head head() const override { return Head::kSoftmax; }
  double of_a_guess(Index classes) const override { return std::log(static_cast<double>(classes)); }

  void find(float* scores, Index rows, Index classes, float* adjoint, const RowLosses& found,
            float* scratch) const override {
    softmax_rows(scores, rows, classes, adjoint, found, scratch);
  }

  void curve(const float* scores, const float* share, Index rows, Index classes, float* change,
             float* scratch) const override {
    exponentials_of_scores(scores, rows, classes, scratch);
    for (Index i = 0; i < rows; ++i, scratch += classes, change += classes) {
      const float mean = softmax_mean(scratch, change, classes);
      for (Index k = 0; k < classes; ++k) change[k] = share[i] * scratch[k] * (change[k] - mean);
    }
  }

  double value(const Vector& z, const Vector& t) const override { return cross_entropy_of_scores(t, z); }
  Vector adjoint(const Vector& z, const Vector& t) const override { return softmax(z) - t; }

 private:
  /// to ← e^{z − max z} of every row: all rows in one go, since ten classes do not fill a vector.
  static void exponentials_of_scores(const float* scores, Index rows, Index classes, float* to) {
    for (Index i = 0; i < rows; ++i) {
      const float* z = scores + i * classes;
      const float top = *std::max_element(z, z + classes);
      for (Index k = 0; k < classes; ++k) to[i * classes + k] = z[k] - top;
    }
    exponentials(to, rows * classes);
  }
};

}  // namespace

const LossFunction& cross_entropy_loss() {
  static const CrossEntropy loss;
  return loss;
}

}  // namespace poise::learning
