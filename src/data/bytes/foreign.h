// Files of formats that are not read, by their first bytes.
#pragma once

#include <string>
#include <string_view>

namespace poise::inline data {

/// Error(kData) that says what the file is and how to convert it, if it is of a known format that Poise does not read:
/// archives (zip, tar, 7z), other compressions (bzip2, compress, LZ4), spreadsheets, Parquet, Feather, ORC, HDF5,
/// pickles, the files of R, MATLAB, Stata, SPSS, SAS and SQLite, ARFF, JSON, web pages, pictures.
void refuse_foreign(std::string_view bytes, const std::string& file);

}  // namespace poise::inline data
