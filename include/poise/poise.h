// Everything of Poise.
#pragma once

#include "poise/calibration.h"
#include "poise/dataset.h"
#include "poise/dual_process.h"
#include "poise/error.h"
#include "poise/information.h"
#include "poise/metrics.h"
#include "poise/model.h"
#include "poise/network.h"
#include "poise/predictor.h"
#include "poise/read.h"
#include "poise/schema.h"
#include "poise/softmax_regression.h"
#include "poise/solver.h"
#include "poise/training.h"
#include "poise/version.h"
