// Writing NPY files.
#pragma once

#include <string>
#include <vector>

#include "poise/dataset.h"

namespace poise::inline data {

/// What stands before the values of an array: `descr` is numpy's name of their type, as in "<f8".
std::string npy_header(const char* descr, const std::vector<Index>& shape);

/// Features to `path` in original units: uint8 as they are ((n, rows, columns) for images), float32 where they are
/// stored as given, else float64. Labels beside them in "<name>-labels.npy", where the reader finds them: the class
/// names if all are integers, else the class numbers; or the target distributions.
void write_npy(const Dataset& data, const std::string& path);

}  // namespace poise::inline data
