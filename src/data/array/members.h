// Files that hold several arrays with names: which one is meant.
#pragma once

#include <string>
#include <vector>

#include "data/array/npy.h"

namespace poise::inline data {

/// An array in a file of several.
struct Member {
  std::string name;
  std::size_t dimensions = 0;
};

/// `name`, if it is among them. Without a name the only one, else the only one of two or three dimensions. Error(kData)
/// that lists them otherwise; `what`: "tensor" or "array".
std::string choose_member(const std::vector<Member>& members, const std::string& name, const char* what,
                          const std::string& file);

/// A path, and the array of the file that it names behind a colon: "emb.safetensors:features". The part behind the
/// colon is one only if the path with it is no file.
struct MemberPath {
  std::string path, member;
};
MemberPath split_member(const std::string& source);

/// Whether this is a file of one array or of several: NPY, NPZ or safetensors.
bool is_array_file(std::string_view bytes);

/// The array of such a file.
NpyArray parse_array(const Bytes& bytes, const std::string& file, const std::string& member);

/// The array of the file that is called as labels are: y, labels, label, targets or target. Empty if there is none.
std::string label_member(const Bytes& bytes, const std::string& file);

/// Of shards: that of their first file.
std::string label_member(const std::string& pattern);

/// Whether the name has a * or ?, and is that of no file.
bool is_pattern(const std::string& source);
/// And there are files that it fits.
bool is_pattern_of_files(const std::string& source);

/// Of shards with shards of labels: one as many as the other, file by file the same number of rows, and with `beside`
/// the names that find_label_file goes by. Throws Error(kData) naming the first pair that is none.
void check_shard_pairs(const std::string& features, const std::string& labels, bool beside);

/// The files that fit the pattern, numbers in their names in ascending order, joined as if they were one: the same type
/// and width, rows behind rows; in a file where they may not stay in memory. Error(kIo) if there are none, Error(kData)
/// naming the first that differs.
NpyArray join_shards(const std::string& pattern, std::uint64_t memory = 0);

}  // namespace poise::inline data
