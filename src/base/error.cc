#include "poise/error.h"

#include <fmt/core.h>

namespace poise {
namespace {

std::string compose(const std::string& found, const std::string& expected, const std::string& hint,
                    const Location& where) {
  std::string text;
  if (!where.file.empty()) {
    text = where.file;
    if (where.line > 0) text += fmt::format(":{}", where.line);
    if (where.line > 0 && where.column > 0) text += fmt::format(":{}", where.column);
    text += ": ";
  }
  text += found;
  if (!expected.empty()) text += "; expected " + expected;
  if (!hint.empty()) text += "; hint: " + hint;
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string found, std::string expected, std::string hint, Location where)
    : kind_(kind),
      found_(std::move(found)),
      expected_(std::move(expected)),
      hint_(std::move(hint)),
      where_(std::move(where)),
      text_(compose(found_, expected_, hint_, where_)) {}

const char* to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kData:
      return "data";
    case ErrorKind::kIo:
      return "io";
    case ErrorKind::kNumeric:
      return "numeric";
    case ErrorKind::kResource:
      return "resource";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

int Error::exit_code() const {
  switch (kind_) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kData:
      return 3;
    case ErrorKind::kIo:
      return 4;
    case ErrorKind::kNumeric:
      return 5;
    case ErrorKind::kResource:
      return 6;
    case ErrorKind::kInternal:
      return 70;
  }
  return 70;
}

}  // namespace poise
