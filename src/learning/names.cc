// Names of options and results, as the command line and the files have them.
#include "learning/fields.h"

namespace poise {

const char* to_string(TrainingStatus status) { return name_of(status); }
const char* to_string(Target target) { return name_of(target); }
const char* to_string(Loss loss) { return name_of(loss); }
const char* to_string(Rule rule) { return name_of(rule); }
const char* to_string(Step step) { return name_of(step); }
const char* to_string(Order order) { return name_of(order); }
const char* to_string(Relaxation relaxation) { return name_of(relaxation); }
const char* to_string(Initialization initialization) { return name_of(initialization); }
const char* to_string(Precision precision) { return name_of(precision); }
const char* to_string(Reduction reduction) { return name_of(reduction); }

}  // namespace poise
