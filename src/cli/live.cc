#include "cli/live.h"

#include "cli/say.h"
#include "report/live/live_page.h"
#include "report/live/live_run.h"
#include "serve/access.h"
#include "serve/server.h"

namespace poise::cli {

struct LiveTraining::Parts {
  Parts(const Arguments& a, const TrainingRequest& request)
      : run(request), page(run), server(page, a.serve_address, *a.serve) {}

  report::LiveRun run;
  report::LivePage page;
  bool has_ended = false;
  serve::Server server;  // the first to go
};

LiveTraining::LiveTraining(const Arguments& a, const TrainingRequest& request) {
  if (!a.serve) return;
  parts_ = std::make_unique<Parts>(a, request);
  say("report while it trains: {}\n", parts_->server.url());
  if (!serve::is_local(a.serve_address))
    say("note: not only this machine can reach {}, and the page travels unencrypted: whoever sees its URL can read "
        "it\n",
        a.serve_address);
}

LiveTraining::~LiveTraining() {
  if (parts_ && !parts_->has_ended) fail("training has not ended as it should");
}

void LiveTraining::on_event(const Event& event) {
  if (parts_) parts_->run.on_event(event);
}

void LiveTraining::end(const std::string& directory) {
  if (!parts_) return;
  parts_->page.end(directory);
  parts_->has_ended = true;
}

void LiveTraining::fail(const std::string& why) {
  if (!parts_) return;
  parts_->run.fail(why);
  parts_->page.end_early();
  parts_->has_ended = true;
}

}  // namespace poise::cli
