// Tasks that an ensemble of learners can be taught: one with closed forms, and small networks on real data.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/decompositions.h"
#include "base/index.h"
#include "base/random.h"
#include "poise/error.h"
#include "poise/theory/learner_cloud.h"
#include "thermo/network/measured_rows.h"

namespace poise {
namespace {

constexpr std::uint64_t kClassRowStream = 0x7e40'0006;

class QuadraticTask : public LearningTask {
 public:
  QuadraticTask(Matrix curvature, Matrix centers) : curvature_(std::move(curvature)), centers_(std::move(centers)) {}

  Index parameters() const override { return curvature_.rows(); }
  Index rows() const override { return centers_.rows(); }

  double loss(const Vector& w, std::span<const Index> rows) const override {
    double sum = 0;
    for (Index n : rows) {
      const Vector away = w - centers_.row(n).transpose();
      sum += 0.5 * away.dot(curvature_ * away);
    }
    return sum / static_cast<double>(rows.size());
  }

  Matrix row_gradients(const Vector& w, std::span<const Index> rows) const override {
    Matrix out(std::ssize(rows), parameters());
    for (Index i = 0; i < out.rows(); ++i) {
      const Vector away = w - centers_.row(rows[i]).transpose();
      out.row(i) = (curvature_ * away).transpose();
    }
    return out;
  }

  Matrix hessian(const Vector&, std::span<const Index>) const override { return curvature_; }

 private:
  Matrix curvature_, centers_;
};

void check(const Dataset& data, const SmallTask& task) {
  const auto refuse = [](const std::string& found, const std::string& expected) {
    throw Error(ErrorKind::kUsage, found, expected);
  };
  if (data.labels.empty()) refuse("a task of data without class labels", "class labels");
  if (task.components < 1 || task.components > data.features.cols()) {
    refuse(fmt::format("{} components of {} features", task.components, data.features.cols()), "no more than features");
  }
  if (task.classes < 2 || task.classes > data.schema.class_count()) {
    refuse(fmt::format("{} of {} classes", task.classes, data.schema.class_count()), "2 or more, and no more than all");
  }
  if (task.rows < 1) refuse(fmt::format("{} rows of a class", task.rows), "at least 1");
}

/// At most task.rows of every class, drawn by seed; of class 0 first.
std::vector<Index> rows_of_classes(const Dataset& data, const SmallTask& task) {
  std::vector<Index> chosen;
  const std::uint64_t stream = random_bits(task.seed, kClassRowStream);
  for (Index c = 0; c < task.classes; ++c) {
    std::vector<Index> of_class;
    for (Index i = 0; i < data.rows(); ++i) {
      if (data.labels[i] == c) of_class.push_back(i);
    }
    shuffle(std::span(of_class), random_bits(stream, static_cast<std::uint64_t>(c)));
    if (task.rows < std::ssize(of_class)) of_class.resize(task.rows);
    chosen.insert(chosen.end(), of_class.begin(), of_class.end());
  }
  return chosen;
}

/// √n times the first left singular vectors of the centered n×d inputs: of mean 0 and mean square 1.
Matrix principal_components(const Matrix& inputs, Index count) {
  const Eigen::MatrixXd centered = inputs.rowwise() - inputs.colwise().mean();
  const LeftSingular svd = left_singular(centered);
  if (count > svd.values.size() || svd.values[count - 1] <= 1e-9 * svd.values[0]) {
    throw Error(ErrorKind::kData, fmt::format("the rows do not vary in {} directions", count));
  }
  return std::sqrt(static_cast<double>(centered.rows())) * svd.vectors.leftCols(count);
}

}  // namespace

std::unique_ptr<LearningTask> quadratic_task(Matrix curvature, Matrix centers) {
  if (curvature.rows() != curvature.cols() || centers.cols() != curvature.rows() || centers.rows() < 1) {
    throw Error(ErrorKind::kUsage,
                fmt::format("a {}x{} curvature with {}x{} centers", curvature.rows(), curvature.cols(), centers.rows(),
                            centers.cols()),
                "P×P and N×P");
  }
  return std::make_unique<QuadraticTask>(std::move(curvature), std::move(centers));
}

std::unique_ptr<LearningTask> network_task(const Dataset& data, const SmallTask& task) {
  check(data, task);
  ThermodynamicsOptions all;
  all.rows = 0;
  all.threads = 1;
  const thermo::MeasuredRows rows(select_rows(data, rows_of_classes(data, task)), all);
  const thermo::RowBlock block = rows.block(0, rows.size());
  return network_task(principal_components(block.inputs, task.components), block.targets.leftCols(task.classes),
                      task.hidden, task.activation);
}

}  // namespace poise
