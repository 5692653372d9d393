// Cross-validation in a training of the softmax layer: it chooses the penalty, or says what the model is worth where no
// rows are held out.
#pragma once

#include "run/training/training_run.h"

namespace poise::inline run {

/// Finds the penalty by cross-validation or leave-one-out, into the result and `objective`, and takes the time that
/// this took off the time limit of `solve`. `start`: the model of the default penalty. Where it was ended early, the
/// best so far is taken, or the default, as a note says.
void cross_validate_penalties(TrainingRun& run, ObjectiveOptions& objective, SolveOptions& solve, const Network& start,
                              const Keeping<ChoiceState>& keeping);

/// Whether folds can hold rows out: whether some class has two rows that count for something.
bool can_be_folded(const Dataset& data);

/// Says so where the best penalty that was found makes next to nothing of the features. `how`: "by cross-validation".
void note_idle_features(const Metrics& best, const char* how, TrainingRun& run);

/// Metrics by five-fold cross-validation of what `fit` was found for, into the result; nothing where rows are held out
/// anyway, where there are many (it would take several times as long as training) or few, and without a penalty. A note
/// says so where the probabilities are worse than the class frequencies.
void estimate_by_folds(TrainingRun& run, const ObjectiveOptions& objective, const SoftmaxFit& fit);

}  // namespace poise::inline run
