// A state as tensors, and back, by its description (state_parts.h).
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "poise/dataset.h"
#include "poise/error.h"
#include "run/checkpoint/state_parts.h"
#include "run/checkpoint/tensor_file.h"

namespace poise::inline run {

template <typename T>
constexpr const char* tensor_type() {
  if constexpr (std::same_as<T, float>) return "F32";
  if constexpr (std::same_as<T, double>) return "F64";
  if constexpr (std::same_as<T, char>) return "U8";
  return "I64";
}

template <typename T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T>;

template <typename T>
concept DenseMatrix = std::same_as<T, Matrix> || std::same_as<T, MatrixF>;

template <typename T>
concept Table = requires(T& t) { numbers(t.front(), [](const auto&) {}); };

/// Appends the numbers of a row; of a value that may be missing, whether it is there and its numbers or those of none.
class NumberWriter {
 public:
  explicit NumberWriter(std::vector<double>& to) : to_(to) {}
  template <typename T>
  void operator()(const T& value) {
    if constexpr (Scalar<T>) {
      to_.push_back(static_cast<double>(value));
    } else if constexpr (requires { value.has_value(); }) {
      to_.push_back(value ? 1 : 0);
      const auto given = value.value_or(typename T::value_type());
      numbers(given, *this);
    } else {
      numbers(value, *this);
    }
  }

 private:
  std::vector<double>& to_;
};

class NumberReader {
 public:
  explicit NumberReader(const double* from) : from_(from) {}
  template <typename T>
  void operator()(T& value) {
    if constexpr (Scalar<T>) {
      value = static_cast<T>(*from_++);
    } else if constexpr (requires { value.has_value(); }) {
      const bool is_there = *from_++ != 0;
      typename T::value_type read;
      numbers(read, *this);
      if (is_there) value = read;
    } else {
      numbers(value, *this);
    }
  }

 private:
  const double* from_;
};

template <typename Row>
Index numbers_in_a_row() {
  std::vector<double> found;
  const Row row{};
  numbers(row, NumberWriter(found));
  return std::ssize(found);
}

/// A visitor of parts that adds them to a file.
class TensorWriter {
 public:
  TensorWriter(TensorFile& to, std::string prefix) : to_(to), prefix_(std::move(prefix)) {}

  template <typename T>
  void operator()(const std::string& name, const T& value) {
    if constexpr (std::same_as<T, double>) {
      add<double>(name, {}, &value, 1);
    } else if constexpr (Scalar<T>) {
      const auto whole = static_cast<std::int64_t>(value);
      add<std::int64_t>(name, {}, &whole, 1);
    } else if constexpr (DenseMatrix<T>) {
      add<typename T::Scalar>(name, {value.rows(), value.cols()}, value.data(), value.size());
    } else if constexpr (requires { numbers(value, [](const auto&) {}); }) {
      std::vector<double> all;
      numbers(value, NumberWriter(all));
      add<double>(name, {std::ssize(all)}, all.data(), std::ssize(all));
    } else if constexpr (Table<const T>) {
      std::vector<double> all;
      for (const auto& row : value) numbers(row, NumberWriter(all));
      add<double>(name, {std::ssize(value), numbers_in_a_row<typename T::value_type>()}, all.data(), std::ssize(all));
    } else {
      add<typename T::value_type>(name, {std::ssize(value)}, value.data(), std::ssize(value));
    }
  }

 private:
  template <typename T>
  void add(const std::string& name, std::vector<Index> shape, const T* numbers, Index count) {
    std::string bytes(count * sizeof(T), '\0');
    if (count > 0) std::memcpy(bytes.data(), numbers, bytes.size());
    to_.tensors[prefix_ + name] = {tensor_type<T>(), std::move(shape), std::move(bytes)};
  }

  TensorFile& to_;
  std::string prefix_;
};

/// A visitor of parts that takes them from a file. Throws Error(kData) for what is not there or of another shape.
class TensorReader {
 public:
  TensorReader(const TensorFile& from, std::string prefix, const std::string& path)
      : from_(from), prefix_(std::move(prefix)), path_(path) {}

  template <typename T>
  void operator()(const std::string& name, T& value) {
    if constexpr (std::same_as<T, double>) {
      copy(find<double>(name, 0), &value);
    } else if constexpr (Scalar<T>) {
      std::int64_t whole = 0;
      copy(find<std::int64_t>(name, 0), &whole);
      value = static_cast<T>(whole);
    } else if constexpr (DenseMatrix<T>) {
      const Tensor& tensor = find<typename T::Scalar>(name, 2);
      value.resize(tensor.shape[0], tensor.shape[1]);
      copy(tensor, value.data());
    } else if constexpr (requires { numbers(value, [](const auto&) {}); }) {
      const Tensor& tensor = find<double>(name, 1);
      if (tensor.shape[0] != numbers_in_a_row<T>()) fail(name);
      std::vector<double> all(tensor.shape[0]);
      copy(tensor, all.data());
      numbers(value, NumberReader(all.data()));
    } else if constexpr (Table<T>) {
      read_table(find<double>(name, 2), name, value);
    } else {
      const Tensor& tensor = find<typename T::value_type>(name, 1);
      value.resize(tensor.shape[0]);
      copy(tensor, value.data());
    }
  }

 private:
  template <typename T>
  const Tensor& find(const std::string& name, std::size_t dimensions) const {
    const auto found = from_.tensors.find(prefix_ + name);
    if (found == from_.tensors.end() || found->second.type != tensor_type<T>() ||
        found->second.shape.size() != dimensions)
      fail(name);
    return found->second;
  }

  template <typename Rows>
  void read_table(const Tensor& tensor, const std::string& name, Rows& rows) const {
    const Index columns = numbers_in_a_row<typename Rows::value_type>();
    if (tensor.shape[1] != columns) fail(name);
    std::vector<double> all(tensor.shape[0] * columns);
    copy(tensor, all.data());
    rows.resize(tensor.shape[0]);
    for (Index k = 0; k < std::ssize(rows); ++k) numbers(rows[k], NumberReader(all.data() + k * columns));
  }

  template <typename T>
  static void copy(const Tensor& from, T* to) {
    if (!from.bytes.empty()) std::memcpy(to, from.bytes.data(), from.bytes.size());
  }

  [[noreturn]] void fail(const std::string& name) const {
    throw Error(ErrorKind::kData, "the checkpoint has no '" + prefix_ + name + "', or another", "one of this version",
                "remove it, and training begins anew", {path_});
  }

  const TensorFile& from_;
  std::string prefix_;
  const std::string& path_;
};

}  // namespace poise::inline run
