// Class names: from the distinct labels of a file to an ordered list of classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "poise/dataset.h"
#include "poise/error.h"

namespace poise::inline data {

/// The classes of a training set, and the class of each distinct label it was made from.
struct Classes {
  std::vector<std::string> names;
  std::vector<std::int32_t> class_of;
  std::string note;  ///< on more than 50 classes that are all integers, which may be a quantity, and on classes that
                     ///< differ only in upper and lower case or blanks; else empty
};

/// Where labels come from, for messages about them.
struct LabelSource {
  std::string what;  ///< "the label, column 'kind',"
  std::string hint;  ///< how to say that the labels are elsewhere
  Location where = {};
};

/// Orders distinct labels: integers by value (and "1.0" is the class "1", but "007" keeps its zeros), anything else
/// alphabetically.
/// Error(kData) for a single class, and for what looks like a regression target: more than 50 different values that are
/// numbers but not integers, or more different labels than half of the rows (of at least 20).
Classes infer_classes(const std::vector<std::string>& labels, Index rows, const LabelSource& source);

/// The class of each label in a model's list, by its text or as the same integer; −1 where it is unknown.
std::vector<std::int32_t> match_classes(const std::vector<std::string>& labels,
                                        const std::vector<std::string>& classes);

/// "'a', 'b', 'c' and 7 more"
std::string list_names(const std::vector<std::string>& names, std::size_t most = 8);

}  // namespace poise::inline data
