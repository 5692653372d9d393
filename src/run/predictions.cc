#include "run/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/parallel.h"
#include "data/table/csv_cell.h"
#include "data/write/npy_write.h"
#include "network/score_kernels.h"
#include "network/scorer.h"
#include "poise/error.h"

namespace poise::inline run {
namespace {

std::int32_t largest_of(const double* scores, Index classes) {
  return static_cast<std::int32_t>(std::max_element(scores, scores + classes) - scores);
}

class Writer {
 public:
  Writer(const Network& network, const Dataset& data, const PredictionFormat& format)
      : scorer_(network, data), format_(format) {
    for (const std::string& name : network.schema.classes) names_.push_back(csv_cell(name));
  }

  std::string head() const {
    if (format_.kind == PredictionFormat::Kind::kNpy) return npy_header("<f8", {scorer_.rows(), scorer_.classes()});
    if (!format_.header) return {};
    std::string line = "label";
    for (std::size_t c = 0; format_.probabilities && c < names_.size(); ++c) line += format_.separator + names_[c];
    return line + "\n";
  }

  std::string block(Index first, Index count) const {
    const Index classes = scorer_.classes();
    std::vector<double> scores(count * classes);
    scorer_.score(first, count, scores.data());
    std::vector<std::int32_t> labels;
    for (Index i = 0; i < count; ++i) labels.push_back(largest_of(scores.data() + i * classes, classes));
    const bool is_npy = format_.kind == PredictionFormat::Kind::kNpy;
    if (is_npy || format_.probabilities) {
      std::vector<double> scratch(kScoreRows * classes);
      softmax_rows(scores.data(), count, classes, scratch.data());
    }
    if (is_npy) return {reinterpret_cast<const char*>(scores.data()), scores.size() * sizeof(double)};
    return table(scores, labels);
  }

 private:
  std::string table(const std::vector<double>& probabilities, const std::vector<std::int32_t>& labels) const {
    fmt::memory_buffer out;
    const std::size_t classes = scorer_.classes();
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::string& name = names_[labels[i]];
      out.append(name.data(), name.data() + name.size());
      for (std::size_t c = 0; format_.probabilities && c < classes; ++c)
        fmt::format_to(std::back_inserter(out), "{}{:.9g}", format_.separator, probabilities[i * classes + c]);
      out.push_back('\n');
    }
    return fmt::to_string(out);
  }

  Scorer scorer_;
  PredictionFormat format_;
  std::vector<std::string> names_;  // as cells
};

}  // namespace

PredictionFormat format_of(std::string_view path, bool probabilities, bool header) {
  for (const char* other : {".xz", ".zst", ".bz2", ".zip", ".npz", ".parquet", ".xlsx", ".onnx"}) {
    if (!path.ends_with(other)) continue;
    throw Error(ErrorKind::kUsage, fmt::format("the name ends with {}, which predictions are not written as", other),
                ".csv or .tsv or, of probabilities, .npy, plain or .gz", {}, {std::string(path)});
  }
  if (path.ends_with(".gz")) path.remove_suffix(3);
  PredictionFormat format;
  format.separator = path.ends_with(".tsv") ? '\t' : ',';
  format.header = header || probabilities;
  format.probabilities = probabilities;
  if (!path.ends_with(".npy")) return format;
  if (!probabilities) {
    throw Error(ErrorKind::kUsage, "labels, which are text, to an NPY file", "--proba with it, or a .csv file", {},
                {std::string(path)});
  }
  format.kind = PredictionFormat::Kind::kNpy;
  return format;
}

void write_predictions(const Network& network, const Dataset& data, const PredictionFormat& format, int threads,
                       const std::function<void(std::string_view)>& write) {
  constexpr Index kBlock = Scorer::kBlockRows, kAtOnce = 32;  // blocks
  const Writer writer(network, data, format);
  write(writer.head());
  const Index rows = data.rows(), blocks = (rows + kBlock - 1) / kBlock;
  for (Index begin = 0; begin < blocks; begin += kAtOnce) {
    std::vector<std::string> texts(std::min(kAtOnce, blocks - begin));
    parallel_for(std::ssize(texts), threads, [&](Index k) {
      const Index first = (begin + k) * kBlock;
      texts[k] = writer.block(first, std::min(kBlock, rows - first));
    });
    for (const std::string& text : texts) write(text);
  }
}

std::vector<std::int32_t> labels_of(const Matrix& scores) {
  std::vector<std::int32_t> labels;
  for (Index i = 0; i < scores.rows(); ++i) labels.push_back(largest_of(scores.row(i).data(), scores.cols()));
  return labels;
}

}  // namespace poise::inline run
