#include "json.h"

namespace poise::python {

namespace nb = nanobind;

namespace {

/// Bytes that are not UTF-8, as a file's name may have, become U+FFFD.
nb::object text(const std::string& value) {
  return nb::steal(PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "replace"));
}

}  // namespace

nb::object to_python(const nlohmann::json& value) {
  if (value.is_object()) {
    nb::dict out;
    for (const auto& [key, member] : value.items()) out[text(key)] = to_python(member);
    return out;
  }
  if (value.is_array()) {
    nb::list out;
    for (const auto& member : value) out.append(to_python(member));
    return out;
  }
  if (value.is_string()) return text(value.get_ref<const std::string&>());
  if (value.is_boolean()) return nb::bool_(value.get<bool>());
  if (value.is_number_unsigned()) return nb::int_(value.get<std::uint64_t>());
  if (value.is_number_integer()) return nb::int_(value.get<std::int64_t>());
  if (value.is_number_float()) return nb::float_(value.get<double>());
  return nb::none();
}

}  // namespace poise::python
