#include <fmt/core.h>

#include <algorithm>

#include "base/parallel.h"
#include "poise/error.h"
#include "poise/information.h"
#include "poise/model.h"

namespace poise {
namespace {

constexpr Index kBlockRows = 256;  // a block of doubles stays in the second-level cache up to d ≈ 500

// The model in the units in which the data is stored. With original = offset + scale · stored,
//   W (original − c) + b = (W ∘ scale) stored + [b + W (offset − c)].
struct StoredModel {
  Matrix weights;  // d×K: transposed
  Eigen::RowVectorXd bias;

  StoredModel(const SoftmaxModel& model, const Dataset& data) : weights(model.weights.transpose()), bias(model.bias) {
    const Vector shift = data.offset.size() > 0 ? Vector(data.offset - model.center) : Vector(-model.center);
    bias += (model.weights * shift).transpose();
    if (data.scale.size() > 0) weights.array().colwise() *= data.scale.array();
  }
};

void check_features(const SoftmaxModel& model, const Dataset& data) {
  const Index d = model.feature_count();
  if (data.features.cols() != d) {
    throw Error(ErrorKind::kData, fmt::format("the data has {} features, the model {}", data.features.cols(), d),
                "data with the columns the model was trained on", "read the data with the schema of the model",
                {data.name});
  }
  const auto fits = [&](const Vector& v) { return v.size() == 0 || v.size() == d; };
  if (!fits(data.offset) || !fits(data.scale) || model.bias.size() != model.class_count() || model.center.size() != d) {
    throw Error(ErrorKind::kInternal, "offset, scale, center or bias is not of the size of the features");
  }
}

template <typename T>
void score_dense(const StoredModel& model, const T* values, Eigen::Ref<Matrix> scores) {
  using Rows = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Matrix block = Eigen::Map<const Rows>(values, scores.rows(), model.weights.rows()).template cast<double>();
  scores.noalias() = block * model.weights;
  scores.rowwise() += model.bias;
}

void score_sparse(const StoredModel& model, const CsrMatrix& features, Index first, Eigen::Ref<Matrix> scores) {
  for (Index i = 0; i < scores.rows(); ++i) {
    auto row = scores.row(i);
    row = model.bias;
    const auto begin = static_cast<std::size_t>(features.row_start[static_cast<std::size_t>(first + i)]);
    const auto end = static_cast<std::size_t>(features.row_start[static_cast<std::size_t>(first + i) + 1]);
    for (std::size_t k = begin; k < end; ++k) {
      row += static_cast<double>(features.values[k]) * model.weights.row(features.columns[k]);
    }
  }
}

void score_block(const StoredModel& model, const Features& features, Index first, Eigen::Ref<Matrix> scores) {
  const Index begin = first * features.cols();
  switch (features.kind()) {
    case Features::Kind::kFloat:
      return score_dense(model, features.floats() + begin, scores);
    case Features::Kind::kBytes:
      return score_dense(model, features.bytes() + begin, scores);
    case Features::Kind::kSparse:
      return score_sparse(model, *features.sparse(), first, scores);
  }
}

// Blocks are independent and of fixed bounds: the bits do not depend on the number of threads.
template <typename Finish>
Matrix score_rows(const SoftmaxModel& model, const Dataset& data, int threads, Finish finish) {
  check_features(model, data);
  const StoredModel stored(model, data);
  Matrix scores(data.rows(), model.class_count());
  parallel_for((data.rows() + kBlockRows - 1) / kBlockRows, threads, [&](Index block) {
    const Index first = block * kBlockRows;
    auto rows = scores.middleRows(first, std::min(kBlockRows, data.rows() - first));
    score_block(stored, data.features, first, rows);
    finish(rows);
  });
  return scores;
}

}  // namespace

Matrix predict_scores(const SoftmaxModel& model, const Dataset& data, int threads) {
  return score_rows(model, data, threads, [](auto&) {});
}

Matrix predict_probabilities(const SoftmaxModel& model, const Dataset& data, int threads) {
  return score_rows(model, data, threads, [](auto& rows) {
    for (Index i = 0; i < rows.rows(); ++i) softmax_in_place(rows.row(i).transpose());
  });
}

}  // namespace poise
