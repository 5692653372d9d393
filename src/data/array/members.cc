#include "data/array/members.h"

#include <fmt/core.h>
#include <glob.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>

#include "data/array/npz.h"
#include "data/array/safetensors.h"
#include "data/classes.h"

namespace poise::inline data {
namespace {

/// "2" before "10": digits by their value, all else by its characters.
bool in_order(const std::string& a, const std::string& b) {
  const auto digits = [](const std::string& text, std::size_t p) {
    std::size_t end = p;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    return end;
  };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const std::size_t a_end = digits(a, i), b_end = digits(b, j);
    if (a_end == i || b_end == j) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [](const std::string& text, std::size_t begin, std::size_t end) {
      while (begin + 1 < end && text[begin] == '0') ++begin;
      return text.substr(begin, end - begin);
    };
    const std::string x = number(a, i, a_end), y = number(b, j, b_end);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
    i = a_end, j = b_end;
  }
  return a.size() - i < b.size() - j;
}

/// Labels beside the features, as in emb-0-labels.npy, are no more of them, unless the pattern asks for labels.
std::vector<std::string> glob_files(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> files;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (pattern.find("-labels") == std::string::npos)
    std::erase_if(files, [](const std::string& file) { return without_packing(file).ends_with("-labels.npy"); });
  return files;
}

std::vector<std::string> matching_files(const std::string& pattern) {
  std::vector<std::string> files = glob_files(pattern);
  std::sort(files.begin(), files.end(), in_order);
  if (files.empty()) {
    throw Error(ErrorKind::kIo, "no file fits the pattern", "files of arrays", "quote it, so that the shell leaves it",
                {pattern});
  }
  return files;
}

/// Whether rows of `next` may follow those of `first`.
void check_alike(const NpyArray& first, const NpyArray& next, const std::string& file, const std::string& first_file) {
  const auto type = [](const NpyArray& array) { return fmt::format("{}{}", array.kind, array.size); };
  const auto shape = [](const NpyArray& array) {
    std::string text;
    for (std::size_t k = 1; k < array.shape.size(); ++k) text += fmt::format(", {}", array.shape[k]);
    return "(n" + text + ")";
  };
  if (type(first) != type(next)) {
    throw Error(ErrorKind::kData, fmt::format("numbers of type {}", type(next)),
                fmt::format("{}, as in {}", type(first), first_file), {}, {file});
  }
  if (shape(first) != shape(next)) {
    throw Error(ErrorKind::kData, "the shape " + shape(next), fmt::format("{}, as in {}", shape(first), first_file), {},
                {file});
  }
  if (next.fortran && next.shape.size() > 1 && next.shape[0] > 1) {
    throw Error(ErrorKind::kData, "an array in Fortran order among several", "C order", "numpy.ascontiguousarray",
                {file});
  }
}

/// In pieces, so that neither side is ever whole in memory where it may not be.
void copy(const char* from, std::size_t bytes, const StreamedPages* pages, const Room& room, char* to) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  for (std::size_t size = 0; bytes > 0; from += size, to += size, bytes -= size) {
    size = std::min(bytes, kPiece);
    std::memcpy(to, from, size);
    if (pages != nullptr) pages->touched(from, from + size);
    room.touched(to, to + size);
  }
}

}  // namespace

std::string choose_member(const std::vector<Member>& members, const std::string& name, const char* what,
                          const std::string& file) {
  std::vector<std::string> names, tables;
  for (const Member& member : members) {
    names.push_back(member.name);
    if (member.dimensions == 2 || member.dimensions == 3) tables.push_back(member.name);
  }
  if (!name.empty() && std::ranges::count(names, name) == 1) return name;
  if (name.empty() && names.size() == 1) return names[0];
  if (name.empty() && tables.size() == 1) return tables[0];
  const std::string found = !name.empty()   ? fmt::format("no {} '{}'", what, name)
                            : names.empty() ? fmt::format("no {}", what)
                                            : fmt::format("{} {}s", names.size(), what);
  throw Error(ErrorKind::kData, found, names.empty() ? "one with rows of features" : "one of " + list_names(names),
              names.empty() ? "" : fmt::format("{}:{} names one", file, (tables.empty() ? names : tables)[0]), {file});
}

MemberPath split_member(const std::string& source) {
  const std::size_t colon = source.rfind(':');
  if (colon == std::string::npos || colon == 0 || is_file(source)) return {source, {}};
  const std::string path = source.substr(0, colon);
  const bool several = path.ends_with(".safetensors") || path.ends_with(".npz");
  return several || is_file(path) ? MemberPath{path, source.substr(colon + 1)} : MemberPath{source, {}};
}

bool is_array_file(std::string_view bytes) { return is_npy(bytes) || is_npz(bytes) || is_safetensors(bytes); }

NpyArray parse_array(const Bytes& bytes, const std::string& file, const std::string& member) {
  if (is_npz(bytes.view())) return parse_npz(bytes, file, member);
  if (is_safetensors(bytes.view())) return parse_safetensors(bytes, file, member);
  if (!member.empty()) {
    throw Error(ErrorKind::kData, fmt::format("a file of one array, where '{}' is asked for", member),
                "an NPZ or safetensors file", {}, {file});
  }
  return parse_npy(bytes, file);
}

std::string label_member(const Bytes& bytes, const std::string& file) {
  const std::vector<std::string> names = is_npz(bytes.view())           ? npz_names(bytes, file)
                                         : is_safetensors(bytes.view()) ? safetensors_names(bytes, file)
                                                                        : std::vector<std::string>();
  for (const char* const name : {"y", "labels", "label", "targets", "target"}) {
    if (std::ranges::count(names, name) > 0) return name;
  }
  return {};
}

bool is_pattern(const std::string& source) {
  return source.find_first_of("*?") != std::string::npos && !is_file(source);
}

bool is_pattern_of_files(const std::string& source) { return is_pattern(source) && !glob_files(source).empty(); }

void check_shard_pairs(const std::string& features, const std::string& labels, bool beside) {
  const MemberPath of_features = split_member(features), of_labels = split_member(labels);
  const std::vector<std::string> rows = matching_files(of_features.path), others = matching_files(of_labels.path);
  const auto rows_of = [](const std::string& file, const std::string& member) {
    const NpyArray array = parse_array(load_inflated(file), file, member);
    return array.shape.empty() ? 0 : array.shape[0];
  };
  for (std::size_t k = 0; k < std::max(rows.size(), others.size()); ++k) {
    const std::string plain = k < rows.size() ? without_packing(rows[k]) : "";
    const std::string named = plain.substr(0, plain.size() - std::min<std::size_t>(plain.size(), 4)) + "-labels.npy";
    const bool is_pair = k < rows.size() && k < others.size() && (!beside || without_packing(others[k]) == named);
    if (!is_pair && k < rows.size()) {
      throw Error(ErrorKind::kData, "there are no labels of these rows among " + labels,
                  beside ? "labels in " + named : "a file of labels for each of the rows", "--labels names them",
                  {k < rows.size() ? rows[k] : others[k]});
    }
    if (!is_pair)
      throw Error(ErrorKind::kData, "there are no rows of these labels among " + features, "", "", {others[k]});
    const Index found = rows_of(others[k], of_labels.member), expected = rows_of(rows[k], of_features.member);
    if (found == expected) continue;
    throw Error(ErrorKind::kData, fmt::format("{} labels", found),
                fmt::format("{}, one a row of {}", expected, rows[k]), "", {others[k]});
  }
}

std::string label_member(const std::string& source) {
  const std::string first = matching_files(split_member(source).path)[0];
  return label_member(load_inflated(first), first);
}

NpyArray join_shards(const std::string& source, std::uint64_t memory) {
  const MemberPath named = split_member(source);
  const std::vector<std::string> files = matching_files(named.path);
  std::vector<NpyArray> parts;
  NpyArray joined;
  std::size_t size = 0;
  for (const std::string& file : files) {
    parts.push_back(parse_array(load_inflated(file, memory), file, named.member));
    check_alike(parts[0], parts.back(), file, files[0]);
    size += array_bytes(parts.back().size, parts.back().shape);
  }
  if (parts.size() == 1) return parts[0];
  const Room room = make_room(size, memory);
  joined = parts[0];
  joined.shape[0] = 0, joined.data_begin = 0, joined.fortran = false;
  char* out = room.as<char>();
  for (NpyArray& part : parts) {
    const std::size_t bytes = array_bytes(part.size, part.shape);
    copy(part.data(), bytes, part.bytes.pages.get(), room, out);
    out += bytes;
    joined.shape[0] += part.shape[0];
    part.bytes = {};  // gives the mapped pages back
  }
  joined.bytes = {room.memory, room.as<char>(), size, room.pages};
  return joined;
}

}  // namespace poise::inline data
