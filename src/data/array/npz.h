// NPZ: NumPy's arrays in a zip archive, stored or deflated.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data/array/npy.h"

namespace poise::inline data {

/// Whether it is a zip archive whose first file is an NPY array.
bool is_npz(std::string_view bytes);

/// The names of its arrays.
std::vector<std::string> npz_names(const Bytes& bytes, const std::string& file);

/// The array of this name (the file's name without ".npy"), by choose_member's rules: where it is if it is stored, else
/// inflated. Error(kData) for an archive that contradicts itself, and for packing other than deflate.
NpyArray parse_npz(const Bytes& bytes, const std::string& file, const std::string& name);

}  // namespace poise::inline data
