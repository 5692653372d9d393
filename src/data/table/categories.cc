#include "data/table/categories.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "data/classes.h"
#include "data/table/cells.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kFewCategories = 20;
constexpr Index kFewestRows = 2;

/// Fills the categories of a text column and the map to them.
class CategoryFinder {
 public:
  CategoryFinder(const TableHead& head, Index position, const TextColumn& texts, const ReadOptions& options)
      : head_(head),
        position_(position),
        texts_(texts),
        options_(options),
        policy_(options.missing.value_or(MissingPolicy::kCategory)) {}

  FoundCategories run(Column& column, ColumnSource& source) {
    FoundCategories found;
    for (const Dictionary::Entry& entry : texts_.entries) {
      const bool missing = head_.missing.holds(entry.text);
      if (missing) found.missing += entry.count;
      if (missing && !(policy_ == MissingPolicy::kError && entry.text == kMissingCategory)) {
        refuse_missing(entry.first);
      } else {
        counts_[std::string(entry.text)] += entry.count;
      }
    }
    found.rare = leave_out_rare();
    if (policy_ == MissingPolicy::kCategory && found.missing > 0) counts_[kMissingCategory] += found.missing;
    for (const auto& [name, count] : counts_) column.categories.push_back(name);
    column.can_fill = policy_ != MissingPolicy::kError && !counts_.empty();
    if (column.can_fill) column.fill = static_cast<double>(position_of(column, fill_name()));
    map_entries(column, source);
    return found;
  }

 private:
  void refuse_missing(const char* place) const {
    if (policy_ == MissingPolicy::kError && !options_.inspecting) {
      fail_missing(head_, position_, place, Gaps::kTraining);
    }
  }

  std::size_t leave_out_rare() {
    const Index fewest = options_.min_category_rows.value_or(counts_.size() > kFewCategories ? kFewestRows : 1);
    return std::erase_if(counts_, [&](const auto& entry) { return entry.second < fewest; });
  }

  std::string fill_name() const {
    if (policy_ == MissingPolicy::kCategory && counts_.count(kMissingCategory) > 0) return kMissingCategory;
    const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
    return std::max_element(counts_.begin(), counts_.end(), less)->first;
  }

  static Index position_of(const Column& column, const std::string& name) {
    const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), name);
    return found != column.categories.end() && *found == name ? found - column.categories.begin() : -1;
  }

  void map_entries(const Column& column, ColumnSource& source) const {
    for (const Dictionary::Entry& entry : texts_.entries) {
      Index category = position_of(column, std::string(entry.text));
      if (category < 0 && column.can_fill && head_.missing.holds(entry.text)) {
        category = static_cast<Index>(column.fill);
      }
      source.category_of.push_back(static_cast<std::int32_t>(category));
    }
  }

  const TableHead& head_;
  Index position_;
  const TextColumn& texts_;
  const ReadOptions& options_;
  MissingPolicy policy_;
  std::map<std::string, Index> counts_;
};

}  // namespace

FoundCategories find_categories(const TableHead& head, Index position, const TextColumn& texts,
                                const ReadOptions& options, Column& column, ColumnSource& source) {
  return CategoryFinder(head, position, texts, options).run(column, source);
}

Index match_categories(const TableHead& head, const TextColumn& texts, Index position, const Column& column,
                       bool unknown_is_zero, ColumnSource& source, ColumnNotes& notes) {
  Index unknown = 0, missing = 0;
  std::string example;
  for (const Dictionary::Entry& entry : texts.entries) {
    const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), entry.text);
    Index category = -1;
    if (found != column.categories.end() && *found == entry.text) {
      category = found - column.categories.begin();
    } else if (head.missing.holds(entry.text)) {
      if (!column.can_fill) fail_missing(head, position, entry.first, Gaps::kModel);
      category = static_cast<Index>(column.fill);
      missing += entry.count;
    } else if (unknown_is_zero) {
      if (unknown == 0) example = entry.text;
      unknown += entry.count;
    } else {
      fail_cell(head, position, entry.first,
                fmt::format("the category '{}', which the model does not know", entry.text),
                "one of " + list_names(column.categories), "--unknown-category none counts it as none");
    }
    source.category_of.push_back(static_cast<std::int32_t>(category));
  }
  if (unknown > 0) notes.add(ColumnNote::kUnknown, position, fmt::format("such as '{}'", example), unknown);
  return missing;
}

}  // namespace poise::inline data
