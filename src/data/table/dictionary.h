// Numbers for strings, in the order of their first appearance.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace poise::inline data {

/// Interns strings that live elsewhere (in the file's text). A cell of a categorical column costs about 5 ns.
class Dictionary {
 public:
  struct Entry {
    std::string_view text;
    std::int64_t count = 0;
    const char* first = nullptr;  ///< where it appeared first
  };

  /// The number of `text`, counted once more (or `count` times).
  std::uint32_t add(std::string_view text, const char* where, std::int64_t count = 1) {
    if (text.size() == 1) return add_single(text, where, count);
    if (2 * (entries_.size() + 1) > slots_.size()) grow();
    std::size_t slot = hash(text) & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      Entry& entry = entries_[slots_[slot] - 1];
      if (entry.text != text) continue;
      if (entry.count == 0) entry.first = where;
      entry.count += count;
      return slots_[slot] - 1;
    }
    entries_.push_back({text, count, where});
    slots_[slot] = static_cast<std::uint32_t>(entries_.size());
    return slots_[slot] - 1;
  }

  /// Takes one back: then it may be that the string does not occur at all. It keeps its number.
  void remove(std::uint32_t number) { --entries_[number].count; }

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  /// One character, such as the label of ten classes: there is nothing to search or to compare.
  std::uint32_t add_single(std::string_view text, const char* where, std::int64_t count) {
    if (singles_.empty()) singles_.assign(256, 0);
    std::uint32_t& number = singles_[static_cast<unsigned char>(text[0])];
    if (number == 0) {
      entries_.push_back({text, 0, where});
      number = static_cast<std::uint32_t>(entries_.size());
    }
    Entry& entry = entries_[number - 1];
    if (entry.count == 0) entry.first = where;
    entry.count += count;
    return number - 1;
  }

  static std::uint64_t hash(std::string_view text) {
    std::uint64_t h = text.size() * 0x9e3779b97f4a7c15ULL;
    const char* p = text.data();
    std::size_t left = text.size();
    for (; left > 0;) {
      std::uint64_t word = 0;
      const std::size_t take = left < 8 ? left : 8;
      std::memcpy(&word, p, take);
      h = (h ^ word) * 0xff51afd7ed558ccdULL;
      h ^= h >> 32;
      p += take;
      left -= take;
    }
    return h;
  }

  void grow() {
    slots_.assign(slots_.empty() ? 16 : 2 * slots_.size(), 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].text.size() == 1) continue;
      std::size_t slot = hash(entries_[i].text) & (slots_.size() - 1);
      while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
      slots_[slot] = i + 1;
    }
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;    ///< number of the entry + 1; 0: free
  std::vector<std::uint32_t> singles_;  ///< the same of strings of one character, by character
};

}  // namespace poise::inline data
