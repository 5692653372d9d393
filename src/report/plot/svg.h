// A chart as SVG that a page may hold: colors and fonts are those of its style sheet.
#pragma once

#include <string>

#include "report/plot/chart.h"

namespace poise::report {

/// How many styles of lines there are; the colors can be told apart by who is color-blind, the dashes in grey.
inline constexpr int kStyles = 8;

/// `id` begins the ids of its title and description, by which assistive technology knows it. Empty without a point.
std::string svg_of(const Chart& chart, const std::string& id);

/// A line of the style of a series, for a legend.
std::string swatch(int style, Mark mark);

}  // namespace poise::report
