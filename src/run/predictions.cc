#include "run/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/parallel.h"
#include "base/watched_work.h"
#include "data/table/csv_cell.h"
#include "data/write/npy_write.h"
#include "network/model_check.h"
#include "network/propagation.h"
#include "network/score_kernels.h"
#include "network/scorer.h"
#include "poise/error.h"

namespace poise::inline run {
namespace {

std::int32_t largest_of(const double* scores, Index classes) {
  return static_cast<std::int32_t>(std::max_element(scores, scores + classes) - scores);
}

/// Of the rows of one data set.
class Writer {
 public:
  explicit Writer(const PredictionFormat& format, const std::vector<std::string>& names) : format_(format) {
    for (const std::string& name : names) names_.push_back(csv_cell(name));
  }
  virtual ~Writer() = default;
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  virtual std::string head() const = 0;
  virtual std::string block(Index first, Index count) const = 0;

 protected:
  bool is_npy() const { return format_.kind == PredictionFormat::Kind::kNpy; }
  static std::string bytes_of(const double* numbers, std::size_t count) {
    return {reinterpret_cast<const char*>(numbers), count * sizeof(double)};
  }

  PredictionFormat format_;
  std::vector<std::string> names_;  // as cells
};

/// Labels, and probabilities of the classes.
class ClassWriter : public Writer {
 public:
  ClassWriter(const Network& network, const Dataset& data, const PredictionFormat& format)
      : Writer(format, network.schema.classes), scorer_(network, data) {}

  std::string head() const override {
    if (is_npy()) return npy_header("<f8", {scorer_.rows(), scorer_.classes()});
    if (!format_.header) return {};
    std::string line = "label";
    for (std::size_t c = 0; has_probabilities() && c < names_.size(); ++c) line += format_.separator + names_[c];
    return line + "\n";
  }

  std::string block(Index first, Index count) const override {
    const Index classes = scorer_.classes();
    std::vector<double> scores(count * classes);
    scorer_.score(first, count, scores.data());
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < count; ++i) labels.push_back(largest_of(scores.data() + i * classes, classes));
    if (has_probabilities()) {
      std::vector<double> scratch(kScoreRows * classes);
      softmax_rows(scores.data(), count, classes, scratch.data());
    }
    return is_npy() ? bytes_of(scores.data(), scores.size()) : table(scores, labels);
  }

 private:
  bool has_probabilities() const { return format_.answer == RowAnswer::kProbabilities; }

  std::string table(const std::vector<double>& probabilities, const std::vector<std::int32_t>& labels) const {
    fmt::memory_buffer out;
    const std::size_t classes = scorer_.classes();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::string& name = names_[labels[i]];
      out.append(name.data(), name.data() + name.size());
      for (std::size_t c = 0; has_probabilities() && c < classes; ++c) {
        out.push_back(format_.separator);
        fmt::format_to(std::back_inserter(out), "{:.9g}", probabilities[i * classes + c]);
      }
      out.push_back('\n');
    }
    return fmt::to_string(out);
  }

  Scorer scorer_;
};

/// Features, or states of a hidden layer.
class NumberWriter : public Writer {
 public:
  NumberWriter(const Network& network, const Dataset& data, const PredictionFormat& format)
      : Writer(format, number_names(network, format)), propagation_(network, data) {}

  std::string head() const override {
    if (is_npy()) return npy_header("<f8", {propagation_.data().rows(), std::ssize(names_)});
    return fmt::format("{}\n", fmt::join(names_, std::string(1, format_.separator)));
  }

  std::string block(Index first, Index count) const override {
    const Matrix numbers = format_.answer == RowAnswer::kReconstruction
                               ? propagation_.reconstruction(first, count)
                               : propagation_.states(format_.layer, first, count);
    if (is_npy()) return bytes_of(numbers.data(), numbers.size());
    fmt::memory_buffer out;
    for (Index i = 0; i < count; ++i) {
      for (Index j = 0; j < numbers.cols(); ++j) {
        if (j > 0) out.push_back(format_.separator);
        fmt::format_to(std::back_inserter(out), "{}", numbers(i, j));  // that reads back as it is
      }
      out.push_back('\n');
    }
    return fmt::to_string(out);
  }

 private:
  Propagation propagation_;
};

std::unique_ptr<const Writer> writer_of(const Network& network, const Dataset& data, const PredictionFormat& format) {
  if (format.answer == RowAnswer::kLabels || format.answer == RowAnswer::kProbabilities)
    return std::make_unique<ClassWriter>(network, data, format);
  return std::make_unique<NumberWriter>(network, data, format);
}

}  // namespace

RowAnswer answer_of(const Network& network, bool probabilities, Index hidden_layer) {
  if (hidden_layer != 0) {
    require_hidden_layer(network, hidden_layer);
    return RowAnswer::kHiddenStates;
  }
  if (!network.reconstructs()) return probabilities ? RowAnswer::kProbabilities : RowAnswer::kLabels;
  if (!probabilities) return RowAnswer::kReconstruction;
  throw Error(ErrorKind::kUsage,
              fmt::format("--proba of a network that reconstructs features, {}", network.architecture()),
              "a classifier", "without --proba, predict gives the reconstruction");
}

std::vector<std::string> number_names(const Network& network, const PredictionFormat& format) {
  std::vector<std::string> names;
  switch (format.answer) {
    case RowAnswer::kLabels:
      break;
    case RowAnswer::kProbabilities:
      return network.schema.classes;
    case RowAnswer::kReconstruction:
      for (Index j = 0; j < network.feature_count(); ++j) names.push_back(network.schema.feature_name(j));
      break;
    case RowAnswer::kHiddenStates:
      for (Index k = 1; k <= network.layers[format.layer - 1].outputs(); ++k)
        names.push_back(fmt::format("unit {}", k));
  }
  return names;
}

PredictionFormat format_of(std::string_view path, RowAnswer answer, bool header) {
  for (const char* other : {".xz", ".zst", ".bz2", ".zip", ".npz", ".parquet", ".xlsx", ".onnx", ".libsvm", ".svm",
                            ".svmlight", ".json", ".jsonl", ".safetensors"}) {
    if (!path.ends_with(other) && !path.ends_with(std::string(other) + ".gz")) continue;
    throw Error(ErrorKind::kUsage, fmt::format("the name ends with {}, which predictions are not written as", other),
                ".csv or .tsv or, of numbers alone, .npy, plain or .gz", {}, {std::string(path)});
  }
  if (path.ends_with(".gz")) path.remove_suffix(3);
  PredictionFormat format;
  format.separator = path.ends_with(".tsv") ? '\t' : ',';
  format.header = header || answer != RowAnswer::kLabels;
  format.answer = answer;
  if (!path.ends_with(".npy")) return format;
  if (answer == RowAnswer::kLabels) {
    throw Error(ErrorKind::kUsage, "labels, which are text, to an NPY file", "--proba with it, or a .csv file", {},
                {std::string(path)});
  }
  format.kind = PredictionFormat::Kind::kNpy;
  return format;
}

void write_predictions(const Network& network, const Dataset& data, const PredictionFormat& format, int threads,
                       const std::function<void(std::string_view)>& write, Watcher* watcher) {
  constexpr Index kBlock = Scorer::kBlockRows, kAtOnce = 32;  // blocks
  const std::unique_ptr<const Writer> writer = writer_of(network, data, format);
  write(writer->head());
  const Index rows = data.rows(), blocks = (rows + kBlock - 1) / kBlock;
  WatchedWork work(watcher, "predicting", blocks);
  for (Index begin = 0; begin < blocks; begin += kAtOnce) {
    std::vector<std::string> texts(std::min(kAtOnce, blocks - begin));
    parallel_for(std::ssize(texts), threads, [&](Index k) {
      const Index first = (begin + k) * kBlock;
      texts[k] = writer->block(first, std::min(kBlock, rows - first));
    });
    for (const std::string& text : texts) write(text);
    work.go_on(std::ssize(texts));
  }
}

std::vector<std::int32_t> labels_of(const Matrix& scores) {
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < scores.rows(); ++i) labels.push_back(largest_of(scores.row(i).data(), scores.cols()));
  return labels;
}

}  // namespace poise::inline run
