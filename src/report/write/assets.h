// Files of data/report and third_party that the build embeds (cmake/embed.cmake).
#pragma once

#include <string_view>

namespace poise::report {

extern const unsigned char kReportStyle[];
extern const unsigned long kReportStyleSize;
extern const unsigned char kReportScript[];
extern const unsigned long kReportScriptSize;
extern const unsigned char kLiveScript[];
extern const unsigned long kLiveScriptSize;
extern const unsigned char kPlotScript[];
extern const unsigned long kPlotScriptSize;
extern const unsigned char kPlotStyle[];
extern const unsigned long kPlotStyleSize;
extern const unsigned char kPlotLicense[];
extern const unsigned long kPlotLicenseSize;

inline std::string_view asset(const unsigned char* bytes, unsigned long size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace poise::report
