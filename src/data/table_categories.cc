#include "data/table_categories.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "data/classes.h"
#include "data/number.h"
#include "data/table_cells.h"
#include "data/table_notes.h"

namespace poise {
namespace {

constexpr std::size_t kManyCategories = 1000;

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// Fills the categories of a text column and the map to them. A literal `?` is a category of its own unless missing
/// values are to be replaced by the most frequent category.
class CategoryFinder {
 public:
  CategoryFinder(const TableHead& head, Index position, const TextColumn& texts, const ReadOptions& options)
      : head_(head), position_(position), texts_(texts), policy_(options.missing), inspecting_(options.inspecting) {}

  void run(Column& column, ColumnSource& source, std::vector<std::string>& notices) {
    for (const Dictionary::Entry& entry : texts_.entries) {
      const bool own = policy_ == MissingPolicy::kError ? entry.text == kMissingCategory : false;
      if (is_missing(entry.text) && !own) {
        missing_ += entry.count;
        if (first_missing_ == nullptr) first_missing_ = entry.first;
      } else {
        counts_[std::string(entry.text)] += entry.count;
      }
    }
    settle_missing();
    for (const auto& [name, count] : counts_) column.categories.push_back(name);
    column.can_fill = policy_ != MissingPolicy::kError && !counts_.empty();
    if (column.can_fill) column.fill = static_cast<double>(position_of(column, fill_name()));
    map_entries(column, source);
    add_notices(column, notices);
  }

 private:
  void settle_missing() {
    if (missing_ == 0) return;
    if (policy_ == MissingPolicy::kError && !inspecting_)
      fail_missing(head_, position_, first_missing_, Gaps::kTraining);
    if (policy_ == MissingPolicy::kCategory) counts_[kMissingCategory] += missing_;
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
      if (category < 0 && column.can_fill) category = static_cast<Index>(column.fill);  // it is a missing one
      source.category_of.push_back(static_cast<std::int32_t>(category));
    }
  }

  void add_notices(const Column& column, std::vector<std::string>& notices) const {
    const auto own = counts_.find(kMissingCategory);
    if (own != counts_.end()) {
      notices.push_back(fmt::format("{}: {} missing values are the category '?'", head_.title(position_), own->second));
    } else if (missing_ > 0 && column.can_fill) {
      notices.push_back(fmt::format("{}: {} missing values are replaced by the most frequent category '{}'",
                                    head_.title(position_), missing_,
                                    column.categories[at(static_cast<Index>(column.fill))]));
    }
    if (column.categories.size() > kManyCategories) {
      notices.push_back(
          fmt::format("{} has {} categories, a feature each; is it text or an identifier? "
                      "--ignore leaves it out",
                      head_.title(position_), column.categories.size()));
    }
  }

  const TableHead& head_;
  Index position_;
  const TextColumn& texts_;
  MissingPolicy policy_;
  bool inspecting_;
  std::map<std::string, Index> counts_;
  Index missing_ = 0;
  const char* first_missing_ = nullptr;
};

}  // namespace

void find_categories(const TableHead& head, Index position, const TextColumn& texts, const ReadOptions& options,
                     Column& column, ColumnSource& source, std::vector<std::string>& notices) {
  CategoryFinder(head, position, texts, options).run(column, source, notices);
}

void match_categories(const TableHead& head, const TextColumn& texts, Index position, const Column& column,
                      bool unknown_is_zero, ColumnSource& source, std::vector<std::string>& notices) {
  Index unknown = 0;
  for (const Dictionary::Entry& entry : texts.entries) {
    const auto found = std::lower_bound(column.categories.begin(), column.categories.end(), entry.text);
    Index category = -1;
    if (found != column.categories.end() && *found == entry.text) {
      category = found - column.categories.begin();
    } else if (is_missing(entry.text)) {
      if (!column.can_fill) fail_missing(head, position, entry.first, Gaps::kModel);
      category = static_cast<Index>(column.fill);
    } else if (unknown_is_zero) {
      unknown += entry.count;
    } else {
      fail_cell(head, position, entry.first, fmt::format("the category '{}', unseen in training", entry.text),
                "one of " + list_names(column.categories), "--unknown-category zero gives it the weight 0");
    }
    source.category_of.push_back(static_cast<std::int32_t>(category));
  }
  if (unknown > 0) {
    notices.push_back(
        fmt::format("{}: {} values of categories unseen in training count as none", head.title(position), unknown));
  }
}

}  // namespace poise
