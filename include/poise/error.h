// The library's only exception type: what was found, where, what was expected, and what to do about it.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace poise {

/// What went wrong. The command line turns it into an exit code.
enum class ErrorKind {
  kUsage,     ///< an option or argument that makes no sense (exit code 2)
  kData,      ///< invalid content of a data or model file (3)
  kIo,        ///< a file that cannot be opened, read or written (4)
  kNumeric,   ///< a computation that left the finite numbers (5)
  kResource,  ///< memory or another limit of the machine (6)
  kInternal   ///< a bug in Poise (70)
};

const char* to_string(ErrorKind kind);  ///< "usage", "data", "io", "numeric", "resource", "internal"

/// Where in the input. Line and column count from 1; 0 means unknown.
struct Location {
  std::string file;
  std::int64_t line = 0;
  std::int64_t column = 0;
};

/// Thrown for bad input and machine failures. "Not converged" is a result (see SolveReport), never an Error.
class Error : public std::exception {
 public:
  /// `found` states what is wrong; `expected` and `hint` may be empty.
  Error(ErrorKind kind, std::string found, std::string expected = {}, std::string hint = {}, Location where = {});

  const char* what() const noexcept override {
    return text_.c_str();
  }  ///< "file:line:column: found; expected …; hint: …"
  ErrorKind kind() const { return kind_; }
  const std::string& found() const { return found_; }
  const std::string& expected() const { return expected_; }
  const std::string& hint() const { return hint_; }
  const Location& where() const { return where_; }
  /// A name for programs, which stays the same from version to version: "data.unknown_class"; the kind's where nobody
  /// has given one.
  std::string code() const { return code_.empty() ? to_string(kind_) : code_; }
  Error with_code(std::string code) && {
    code_ = std::move(code);
    return std::move(*this);
  }
  int exit_code() const;  ///< 2, 3, 4, 5, 6 or 70

 private:
  ErrorKind kind_;
  std::string found_, expected_, hint_;
  Location where_;
  std::string text_, code_;
};

}  // namespace poise
