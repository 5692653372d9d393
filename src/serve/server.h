// The server of `train --serve`: one page and its events, for who knows the URL.
#pragma once

#include <memory>
#include <string>

#include "report/live/live_page.h"

namespace poise::serve {

/// Answers on threads of its own, which no signal reaches. Of GET /TOKEN/ and GET /TOKEN/events alone; of all else it
/// says no more than 403 or 405. It keeps a few connections at a time, others wait in the kernel: whoever floods it
/// keeps pages from being read, and no training from going on.
class Server {
 public:
  /// Begins at once. `port` 0: any that is free. `page` must outlive it. Throws Error(kIo) where the port is taken or
  /// the address is none of this machine's, Error(kUsage) in a build without cpp-httplib.
  Server(report::LivePage& page, const std::string& address, int port);
  /// Tells all readers what `page` has come to, and ends; who does not read, or was given the page a moment ago, is
  /// waited for a second or two.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const;

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace poise::serve
