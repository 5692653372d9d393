// Includes every public header of poise::theory: networks as septuples, with cycles, and their canonical ensembles;
// ensembles of learners. Training and measuring classifiers needs none of it.
#pragma once

#include "poise/theory/ensemble.h"
#include "poise/theory/equilibrium.h"
#include "poise/theory/free_energy_curvature.h"
#include "poise/theory/learner_cloud.h"
#include "poise/theory/septuple.h"
#include "poise/theory/septuple_file.h"
#include "poise/theory/septuple_training.h"
