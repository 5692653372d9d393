// Numbers and text as a report has them: for people, in any file.
#pragma once

#include <string>
#include <string_view>

#include "base/index.h"
#include "poise/estimate.h"

namespace poise::report {

/// `digits` significant ones: "0.1367", "3.0·10⁻¹¹" (below 10⁻⁴ and from 10⁶ on), "−2"; "–" for NaN, "∞".
std::string number(double value, int digits = 4);
/// With so many decimals: "0.9998"; "–" for NaN.
std::string fixed(double value, int decimals);
/// As short as it can be with four digits: "15", "0.001".
std::string brief(double value);
/// A share: "96.22 %", with a blank that does not break.
std::string percent(double share, int decimals = 2);
/// "60,000"
std::string count(double whole);
/// "0.136 s", "12.3 s", "4 min 10 s", "2 h 5 min"
std::string time(double seconds);
/// "94.1–97.6 %", with the dash of a range.
std::string percent_range(const Bounds& shares, int decimals = 1);

/// As a program reads it: nine digits, empty for what is no finite number.
std::string plain(double value);

/// Text of data as HTML, in an element or an attribute in double quotes: & < > " ' are escaped, control characters and
/// bytes that are not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);

/// Text of data on one line of Markdown: what has a meaning there is escaped, HTML is, too, and line ends are blanks.
std::string in_markdown(std::string_view text);

/// At most `most` characters, the last of them … where there were more.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace poise::report
