// The task of a small network: cross-entropy of a softmax head, in float64.
#include <fmt/core.h>

#include "base/index.h"
#include "learning/reference/reference.h"
#include "poise/error.h"
#include "poise/theory/learner_cloud.h"
#include "thermo/network/hessian.h"

namespace poise {
namespace {

class NetworkTask : public LearningTask {
 public:
  NetworkTask(Matrix inputs, Matrix targets, const std::vector<Index>& hidden, Activation activation)
      : inputs_(std::move(inputs)), targets_(std::move(targets)) {
    Index below = inputs_.cols();
    for (Index width : hidden) {
      shape_.push_back({Matrix::Zero(width, below), Vector::Zero(width), activation});
      below = width;
    }
    shape_.push_back({Matrix::Zero(targets_.cols(), below), Vector::Zero(targets_.cols()), Activation::kIdentity});
  }

  Index parameters() const override { return thermo::parameter_count(shape_); }
  Index rows() const override { return inputs_.rows(); }

  double loss(const Vector& w, std::span<const Index> rows) const override {
    const learning::reference::Propagation pass = learning::reference::propagate(layers(w), chosen(inputs_, rows));
    return learning::reference::losses(Loss::kCrossEntropy, pass.preactivation.back(), chosen(targets_, rows)).mean();
  }

  Matrix row_gradients(const Vector& w, std::span<const Index> rows) const override {
    const std::vector<Layer> layers = this->layers(w);
    const learning::reference::Propagation pass = learning::reference::propagate(layers, chosen(inputs_, rows));
    const learning::reference::Adjoint star = learning::reference::adjoint(
        layers, pass,
        learning::reference::output_adjoint(Loss::kCrossEntropy, pass.preactivation.back(), chosen(targets_, rows)));
    Matrix out(std::ssize(rows), parameters());
    for (Index n = 0; n < out.rows(); ++n) write_gradient(star, pass, n, out.row(n).data());
    return out;
  }

  Matrix hessian(const Vector& w, std::span<const Index> rows) const override {
    const thermo::MemoryRows batch(chosen(inputs_, rows), chosen(targets_, rows));
    return thermo::dense_hessian(layers(w), batch, 1);
  }

 private:
  std::vector<Layer> layers(const Vector& w) const { return thermo::unflatten(w, shape_); }

  static Matrix chosen(const Matrix& from, std::span<const Index> rows) {
    Matrix out(std::ssize(rows), from.cols());
    for (Index i = 0; i < out.rows(); ++i) out.row(i) = from.row(rows[i]);
    return out;
  }

  /// Y*_l X_{l−1}ᵀ row by row, then Y*_l, for l = 1 … L: the order of thermo::flatten.
  static void write_gradient(const learning::reference::Adjoint& star, const learning::reference::Propagation& pass,
                             Index n, double* to) {
    for (std::size_t l = 1; l < star.preactivation_adjoint.size(); ++l) {
      const auto y_star = star.preactivation_adjoint[l].row(n);
      const auto x = pass.activation[l - 1].row(n);
      for (Index i = 0; i < y_star.size(); ++i) {
        for (Index j = 0; j < x.size(); ++j) *to++ = y_star[i] * x[j];
      }
      for (Index i = 0; i < y_star.size(); ++i) *to++ = y_star[i];
    }
  }

  Matrix inputs_, targets_;
  std::vector<Layer> shape_;
};

}  // namespace

std::unique_ptr<LearningTask> network_task(Matrix inputs, Matrix targets, std::vector<Index> hidden,
                                           Activation activation) {
  if (inputs.rows() != targets.rows() || inputs.rows() < 1 || targets.cols() < 2) {
    throw Error(ErrorKind::kUsage,
                fmt::format("{} rows of inputs and {} of targets for {} classes", inputs.rows(), targets.rows(),
                            targets.cols()),
                "as many of both, and 2 classes or more");
  }
  for (Index width : hidden) {
    if (width < 1) throw Error(ErrorKind::kUsage, fmt::format("a hidden layer of {} units", width), "at least 1");
  }
  return std::make_unique<NetworkTask>(std::move(inputs), std::move(targets), hidden, activation);
}

}  // namespace poise
