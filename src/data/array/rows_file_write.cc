#include <fmt/core.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/index.h"
#include "data/array/rows_file.h"
#include "data/array/rows_file_format.h"
#include "data/schema_json.h"
#include "data/write/output_file.h"
#include "poise/error.h"

namespace poise::inline data {
namespace {

using OrderedJson = nlohmann::ordered_json;

struct Tensor {
  std::string name, type;
  std::vector<Index> shape;
  Index size = 1;  ///< bytes of a number
  std::function<void(OutputFile&)> write;

  Index bytes() const { return std::accumulate(shape.begin(), shape.end(), size, std::multiplies<>()); }
};

template <typename T>
void write_values(OutputFile& out, const T* values, Index count) {
  constexpr Index kPiece = Index{1} << 20;
  for (Index k = 0; k < count; k += kPiece)
    out.write({reinterpret_cast<const char*>(values + k), std::min(kPiece, count - k) * sizeof(T)});
}

template <typename T>
Tensor vector_of(const char* name, const char* type, std::span<const T> values) {
  const auto count = std::ssize(values);
  return {
      name, type, {count}, sizeof(T), [values, count](OutputFile& out) { write_values(out, values.data(), count); }};
}

/// Rows a block at a time, their columns without gaps.
void write_records(const Features& x, OutputFile& out) {
  constexpr Index kBlock = 1024;
  std::vector<Index> rows;
  for (Index first = 0; first < x.rows(); first += kBlock) {
    rows.resize(std::min(kBlock, x.rows() - first));
    std::iota(rows.begin(), rows.end(), first);
    const Features block = x.select_rows(rows);
    out.write({reinterpret_cast<const char*>(block.dense().data),
               static_cast<std::size_t>(block.rows() * block.dense().stride)});
  }
}

void add_features(const Features& x, std::vector<Tensor>& tensors, OrderedJson& about) {
  if (const CsrView* const sparse = x.sparse()) {
    about["columns"] = sparse->cols;
    tensors.push_back(vector_of("row_start", "I64", sparse->row_start));
    tensors.push_back(vector_of("columns", "I32", sparse->columns));
    const bool wide = !sparse->doubles.empty();
    tensors.push_back(wide ? vector_of("values", "F64", sparse->doubles) : vector_of("values", "F32", sparse->values));
    return;
  }
  const Features empty = x.select_rows({});  // its columns lie as they will in the file
  const std::vector<ColumnRun>& runs = empty.dense().runs;
  const auto write = [x](OutputFile& out) { write_records(x, out); };
  if (runs.size() == 1) {
    const NumberType type = runs[0].type;
    tensors.push_back({"features", name_of(type), {x.rows(), x.cols()}, static_cast<Index>(size_of(type)), write});
    return;
  }
  for (const ColumnRun& run : runs) about["runs"].push_back({name_of(run.type), run.count});
  tensors.push_back({"rows", "U8", {x.rows(), empty.dense().stride}, 1, write});
}

}  // namespace

void write_rows_file(const Dataset& data, const std::string& path) {
  const CsrView* const sparse = data.features.sparse();
  if (data.rows() == 0 || data.features.cols() == 0 || (sparse != nullptr && sparse->entries() == 0))
    throw Error(ErrorKind::kData, "there are no numbers to write", "rows of features", {}, {path});
  OrderedJson about = {{"schema", schema_to_json(data.schema)}, {"unit", data.unit}};
  if (!data.missing.empty()) about["missing"] = data.missing;
  std::vector<Tensor> tensors;
  add_features(data.features, tensors, about);
  if (!data.labels.empty()) tensors.push_back(vector_of<std::int32_t>("labels", "I32", data.labels));
  if (data.targets.size() > 0) {
    tensors.push_back({"targets", "F64", {data.targets.rows(), data.targets.cols()}, 8, [&](OutputFile& out) {
                         write_values(out, data.targets.data(), data.targets.size());
                       }});
  }
  if (data.sample_weight.size() > 0) {
    tensors.push_back(
        vector_of<double>("sample_weight", "F64", std::span(data.sample_weight.data(), data.sample_weight.size())));
  }
  // The widest numbers first: so all stand at multiples of their size.
  std::ranges::stable_sort(tensors, std::greater<>(), &Tensor::size);
  OrderedJson header = {{"__metadata__", {{kRowsKey, about.dump()}}}};
  Index end = 0;
  for (const Tensor& tensor : tensors) {
    const Index begin = std::exchange(end, end + tensor.bytes());
    header[tensor.name] = {{"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
  }
  std::string text = header.dump();
  text.append(63 - (8 + text.size() + 63) % 64, ' ');
  const std::uint64_t size = text.size();
  OutputFile out(path);
  out.write({reinterpret_cast<const char*>(&size), sizeof(size)});
  out.write(text);
  for (const Tensor& tensor : tensors) tensor.write(out);
  out.commit();
}

}  // namespace poise::inline data
