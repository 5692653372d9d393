// What the data tests share: files made on the spot, and checks of errors.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "paths.h"
#include "poise/error.h"
#include "poise/read.h"

namespace poise {

/// A folder that goes away with the object.
class TempDir {
 public:
  TempDir() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("poise-data-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) result.push_back(entry.path().filename());
    std::sort(result.begin(), result.end());
    return result;
  }

 private:
  std::filesystem::path path_;
};

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

/// One gzip member, by zlib itself.
inline std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

inline std::string idx(unsigned char type, const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string text{'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::uint32_t size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xFF);
  }
  return text + values;
}

/// An NPY file as numpy.lib.format describes it; `header` is the dictionary.
inline std::string npy(const std::string& header, const std::string& values, int version = 1) {
  std::string text = header;
  const std::size_t prefix = version == 1 ? 10 : 12;
  while ((prefix + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string file("\x93NUMPY", 6);
  file += static_cast<char>(version);
  file += '\0';
  for (std::size_t k = 0; k < prefix - 8; ++k) file += static_cast<char>(text.size() >> (8 * k) & 0xFF);
  return file + text + values;
}

inline std::string npy_dict(const std::string& descr, const std::string& shape, bool fortran = false) {
  return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

/// The number as the file has it.
inline double original(const Dataset& data, Index row, Index feature) { return data.features.value(row, feature); }

/// The value of the feature of that name.
inline double named(const Dataset& data, Index row, const std::string& name) {
  for (Index f = 0; f < data.features.cols(); ++f) {
    if (data.schema.feature_name(f) == name) return original(data, row, f);
  }
  ADD_FAILURE() << "no feature " << name;
  return 0;
}

inline std::vector<std::string> feature_names(const Dataset& data) {
  std::vector<std::string> names;
  for (Index f = 0; f < data.features.cols(); ++f) names.push_back(data.schema.feature_name(f));
  return names;
}

inline std::string label_of(const Dataset& data, Index row) { return data.schema.classes.at(data.labels.at(row)); }

inline bool has_notice(const Dataset& data, const std::string& part) {
  return std::any_of(data.notices.begin(), data.notices.end(),
                     [&](const std::string& notice) { return notice.find(part) != std::string::npos; });
}

/// Runs `action` and checks the error that it must raise: its kind, a part of its text, and its line (−1: any).
inline void expect_error(const std::function<void()>& action, ErrorKind kind, const std::string& part, Index line = -1,
                         Index column = -1) {
  try {
    action();
    ADD_FAILURE() << "no error; expected one with: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what() << "\nlacks: " << part;
    if (line >= 0) {
      EXPECT_EQ(error.where().line, line) << error.what();
    }
    if (column >= 0) {
      EXPECT_EQ(error.where().column, column) << error.what();
    }
  }
}

/// Reads text as the file `name`.
inline Dataset read_text(const std::string& text, const ReadOptions& options = {}, const std::string& name = "t.csv") {
  const TempDir dir;
  return read_dataset(dir.write(name, text), options);
}

inline Dataset read_text(const std::string& text, const ReadOptions& options, const Schema& schema,
                         const std::string& name = "t.csv") {
  const TempDir dir;
  return read_dataset(dir.write(name, text), options, schema);
}

inline void expect_text_error(const std::string& text, ErrorKind kind, const std::string& part, Index line = -1,
                              Index column = -1, const ReadOptions& options = {}, const std::string& name = "t.csv") {
  expect_error([&] { read_text(text, options, name); }, kind, part, line, column);
}

}  // namespace poise
