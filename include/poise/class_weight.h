// Factors on the weights of the rows of single classes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "poise/schema.h"

namespace poise {

struct ClassWeight {
  std::string name;   ///< of the class
  double factor = 1;  ///< finite, above 0
};

/// "a=2,b=0.5", with blanks about names and numbers if you like. A name with a comma, an equals sign, a quotation mark
/// or blanks at its ends stands in quotation marks, doubled inside of it: "a, b"=2. Throws Error(kUsage).
std::vector<ClassWeight> parse_class_weights(std::string_view text);

/// The text that reads back as the same.
std::string to_text(const std::vector<ClassWeight>& weights);

/// One factor a class, 1 for those not named. Throws Error(kUsage) for a class that is not in the schema, or named
/// twice.
std::vector<double> class_factors(const std::vector<ClassWeight>& weights, const Schema& schema);

}  // namespace poise
