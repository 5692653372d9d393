// Names of options and results, as the command line and the files have them.
#include "convex/fields.h"

namespace poise {

const char* to_string(Status status) { return name_of(status); }
const char* to_string(Solver solver) { return name_of(solver); }
const char* to_string(Variance variance) { return name_of(variance); }
const char* to_string(Scale scale) { return name_of(scale); }

}  // namespace poise
