// Where the tests find the project. In a source file of its own: paths in the commands of the others would keep a
// compiler cache from serving two checkouts.
#pragma once

#include <string>

namespace poise {

std::string source_dir();  ///< the checkout
std::string binary_dir();  ///< the build folder, for scratch files

/// A file of the data sets beside the checkout; empty where they are not.
std::string shared_data(const std::string& path);

}  // namespace poise
