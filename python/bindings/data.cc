#include "data.h"

#include <fmt/core.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <utility>

#include "arrays.h"
#include "arrow.h"
#include "data/soft_targets.h"
#include "frame.h"
#include "options.h"
#include "poise/dataset.h"
#include "poise/error.h"
#include "poise/network.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"

namespace poise::python {

namespace nb = nanobind;
using namespace nb::literals;

namespace {

Schema schema_of(const Features& features, std::vector<std::string> classes,
                 const std::optional<std::vector<std::string>>& names) {
  Schema schema;
  schema.format = features.is_sparse() ? FileFormat::kLibsvm : FileFormat::kNpy;
  schema.array_features = features.cols();
  schema.classes = std::move(classes);
  if (!names || features.is_sparse()) return schema;
  schema.format = FileFormat::kTable;
  schema.array_features = 0;
  schema.has_header = true;
  for (const std::string& name : *names) {
    Column& column = schema.columns.emplace_back();
    column.name = name;
    column.position = static_cast<Index>(schema.columns.size()) - 1;
  }
  return schema;
}

Dataset dataset_of(Features features, std::vector<std::string> classes,
                   const std::optional<std::vector<std::string>>& names, const std::string& name) {
  Dataset data;
  data.name = name;
  data.schema = schema_of(features, std::move(classes), names);
  data.features = std::move(features);
  if (data.features.cols() == data.schema.feature_count()) return data;
  throw Error(ErrorKind::kUsage, "as many feature names as there are columns", "a name a column");
}

Dataset dense(RowsArray array, std::vector<std::string> classes, const std::optional<std::vector<std::string>>& names,
              const std::string& name, bool is_bfloat16) {
  return dataset_of(features_of(std::move(array), is_bfloat16), std::move(classes), names, name);
}

template <typename T>
Dataset sparse(List<T> values, List<std::int32_t> columns, List<std::int64_t> row_start, std::int64_t cols,
               std::vector<std::string> classes, const std::string& name) {
  return dataset_of(sparse_features_of(values, columns, row_start, cols), std::move(classes), std::nullopt, name);
}

Dataset read(const std::string& source, const nb::dict& options) {
  ReadOptions read;
  set_options(read, options);
  const nb::gil_scoped_release unlock;
  return read_dataset(source, read);
}

using ColumnArray = nb::ndarray<nb::ro, nb::ndim<1>, nb::device::cpu>;

CellType cell_type(const nb::dlpack::dtype& type, const std::string& name) {
  if (type == nb::dtype<std::int8_t>()) return CellType::kInt8;
  if (type == nb::dtype<std::int16_t>()) return CellType::kInt16;
  if (type == nb::dtype<std::int32_t>()) return CellType::kInt32;
  if (type == nb::dtype<std::int64_t>()) return CellType::kInt64;
  if (type == nb::dtype<std::uint8_t>()) return CellType::kUint8;
  if (type == nb::dtype<std::uint16_t>()) return CellType::kUint16;
  if (type == nb::dtype<std::uint32_t>()) return CellType::kUint32;
  if (type == nb::dtype<std::uint64_t>()) return CellType::kUint64;
  if (type == nb::dtype<float>()) return CellType::kFloat32;
  if (type == nb::dtype<double>()) return CellType::kFloat64;
  throw Error(ErrorKind::kData, fmt::format("column '{}' is of a type of {} bits", name, int{type.bits}), "numbers");
}

/// Adds (name, numbers, None, False), or (name, numbers of strings, strings, whether they are truth values).
void add_column(Frame& frame, const nb::tuple& given) {
  FrameColumn& column = frame.columns.emplace_back();
  column.name = nb::cast<std::string>(given[0]);
  column.is_text = !given[2].is_none();
  column.is_truth = nb::cast<bool>(given[3]);
  const auto array = nb::cast<ColumnArray>(given[1], false);
  Cells& cells = frame.parts[0].cells.emplace_back();
  cells.type = cell_type(array.dtype(), column.name);
  cells.stride = array.stride(0) * (array.dtype().bits / 8);
  cells.data = static_cast<const std::byte*>(array.data());
  frame.parts[0].rows = static_cast<Index>(array.shape(0));
  if (!column.is_text) {  // the caller keeps the numbers until the frame is read
    return;
  }
  for (const nb::handle text : nb::borrow<nb::list>(given[2])) column.strings.number_of(nb::cast<std::string>(text));
  const auto codes = nb::cast<List<std::int32_t>>(given[1]);
  cells.codes.assign(codes.data(), codes.data() + codes.size());
  cells.type = CellType::kText, cells.data = nullptr;
}

Frame frame_of(nb::handle source) {
  if (PyCapsule_CheckExact(source.ptr()) != 0) return frame_of_arrow(nb::borrow<nb::capsule>(source));
  Frame frame;
  frame.parts.resize(1);
  for (const nb::handle column : nb::borrow<nb::list>(source)) add_column(frame, nb::borrow<nb::tuple>(column));
  return frame;
}

/// Of a model, or of the rows that one is trained on.
const Schema* schema_in(nb::handle like) {
  if (like.is_none()) return nullptr;
  return nb::isinstance<Network>(like) ? &nb::cast<const Network&>(like).schema
                                       : &nb::cast<const Dataset&>(like).schema;
}

Dataset frame(nb::handle source, const nb::dict& options, bool features_only, nb::handle like,
              const std::optional<List<double>>& sample_weight) {
  FrameOptions how;
  set_options(how.read, options);
  how.features_only = features_only;
  how.schema = schema_in(like);
  if (sample_weight) {
    how.sample_weight = Eigen::Map<const Vector>(sample_weight->data(), static_cast<Index>(sample_weight->size()));
  }
  Frame table = frame_of(source);
  if (how.sample_weight.size() > 0 && how.sample_weight.size() != table.rows()) {
    throw Error(ErrorKind::kData, fmt::format("{} weights of {} rows", how.sample_weight.size(), table.rows()),
                "a weight a row");
  }
  const nb::gil_scoped_release unlock;
  return read_frame(table, how);
}

std::vector<std::string> feature_names(const Dataset& data) {
  std::vector<std::string> names;
  for (Index j = 0; j < data.schema.feature_count(); ++j) names.push_back(data.schema.feature_name(j));
  return names;
}

template <typename T>
nb::object look(nb::handle self, const T* numbers, std::size_t count) {
  return nb::cast(nb::ndarray<nb::numpy, const T>(numbers, {count}, self));
}

nb::object labels(nb::handle self) {
  const auto& data = nb::cast<const Dataset&>(self);
  return data.labels.empty() ? nb::none() : look(self, data.labels.data(), data.labels.size());
}

nb::object sample_weight(nb::handle self) {
  const auto& data = nb::cast<const Dataset&>(self);
  const Vector& weight = data.sample_weight;
  return weight.size() == 0 ? nb::none() : look(self, weight.data(), static_cast<std::size_t>(weight.size()));
}

nb::object targets(nb::handle self) {
  const auto& data = nb::cast<const Dataset&>(self);
  if (data.targets.size() == 0) return nb::none();
  const std::size_t rows = static_cast<std::size_t>(data.targets.rows()),
                    classes = static_cast<std::size_t>(data.targets.cols());
  return nb::cast(nb::ndarray<nb::numpy, const double>(data.targets.data(), {rows, classes}, self));
}

void set_labels(Dataset& data, List<std::int32_t> values) {
  data.labels.assign(values.data(), values.data() + values.size());
}

void set_classes(Dataset& data, std::vector<std::string> classes) { data.schema.classes = std::move(classes); }

void set_targets(Dataset& data, Table<double> values) {
  data.targets =
      Eigen::Map<const Matrix>(values.data(), static_cast<Index>(values.shape(0)), static_cast<Index>(values.shape(1)));
  if (const auto note = to_distributions(data.targets, data.name)) data.notices.push_back(*note);
}

void set_sample_weight(Dataset& data, List<double> values) {
  data.sample_weight = Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}

}  // namespace

void bind_data(nb::module_& module) {
  nb::class_<Dataset>(module, "Dataset",
                      "Rows in memory with labels, weights and the names of it all; `poise.dataset` and `poise.read` "
                      "make it.")
      .def_prop_ro("name", [](const Dataset& data) { return data.name; })
      .def("__repr__",
           [](const Dataset& data) {
             return fmt::format("<poise.Dataset {}: {} rows, {} features, {} classes>", data.name, data.rows(),
                                data.features.cols(), data.schema.class_count());
           })
      .def_prop_ro("rows", [](const Dataset& data) { return data.rows(); })
      .def_prop_ro("n_features", [](const Dataset& data) { return data.features.cols(); })
      .def_prop_ro("is_sparse", [](const Dataset& data) { return data.features.is_sparse(); })
      .def_prop_ro("classes", [](const Dataset& data) { return data.schema.classes; })
      .def_prop_ro("feature_names", feature_names)
      .def_prop_ro("notices",
                   [](const Dataset& data) {
                     const nb::object in_python = nb::module_::import_("poise.errors").attr("in_python");
                     nb::list notices;
                     for (const std::string& notice : data.notices) notices.append(in_python(notice));
                     return notices;
                   })
      .def_prop_ro("fingerprint", [](const Dataset& data) { return fingerprint(data); })
      .def_prop_ro("default_l2", [](const Dataset& data) { return default_l2(data); })
      .def_prop_ro("labels", labels)
      .def_prop_ro("targets", targets)
      .def_prop_ro("sample_weight", sample_weight)
      .def_prop_ro("features", [](nb::handle self) { return to_numpy(nb::cast<const Dataset&>(self).features, self); })
      .def("set_classes", set_classes, "classes"_a)
      .def("set_labels", set_labels, "labels"_a.noconvert())
      .def("set_targets", set_targets, "targets"_a.noconvert())
      .def("set_sample_weight", set_sample_weight, "sample_weight"_a.noconvert());
  module.def("dense", dense, "array"_a.noconvert(), "classes"_a, "feature_names"_a.none(), "name"_a,
             "is_bfloat16"_a = false);
  module.def("sparse", sparse<float>, "values"_a.noconvert(), "columns"_a.noconvert(), "row_start"_a.noconvert(),
             "cols"_a, "classes"_a, "name"_a);
  module.def("sparse", sparse<double>, "values"_a.noconvert(), "columns"_a.noconvert(), "row_start"_a.noconvert(),
             "cols"_a, "classes"_a, "name"_a);
  module.def("frame", frame, "source"_a, "options"_a, "features_only"_a, "like"_a.none(), "sample_weight"_a.none());
  module.def("read", read, "source"_a, "options"_a);
}

}  // namespace poise::python
