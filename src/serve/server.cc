// All that uses cpp-httplib: 0.11 of Debian 12, 0.18 of Debian 13.
#include "serve/server.h"

#ifdef POISE_HAS_HTTPLIB
#include <fmt/core.h>
#include <httplib.h>
#include <netdb.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/stopwatch.h"
#include "poise/error.h"
#include "serve/access.h"

namespace poise::serve {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostConnections = 16, kMostReaders = 8;  // the rest of the former is for pages
constexpr auto kBetweenEvents = 500ms, kToRead = 1000ms, kToWrite = 1000ms;
constexpr time_t kToBegin = 1;  // seconds for a connection to say something: what is under way at the end is waited for
constexpr double kLongestEnd = 3;  // seconds for readers to take the end; who takes nothing is left after kToWrite
constexpr double kToFollow = 1;    // seconds for a page that was given to ask for events: it is to learn the end
constexpr double kSilence = 10;    // seconds, after which a sign of life is sent
constexpr int kNiceness = 10;      // so that training goes first

/// Connections that are answered; what would be one too many waits to be accepted.
class BoundedQueue : public httplib::TaskQueue {
 public:
  explicit BoundedQueue(const std::atomic<bool>& is_closing) : is_closing_(is_closing), threads_(kMostConnections) {}

  // Of void in 0.11, of bool since.
  decltype(std::declval<httplib::TaskQueue&>().enqueue({})) enqueue(std::function<void()> answer) override {
    std::unique_lock lock(mutex_);
    while (under_way_ >= kMostConnections && !is_closing_) left_.wait_for(lock, kBetweenEvents);
    ++under_way_;
    lock.unlock();
    return threads_.enqueue([this, answer = std::move(answer)] {
      answer();
      const std::lock_guard done(mutex_);
      --under_way_;
      left_.notify_one();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  const std::atomic<bool>& is_closing_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t under_way_ = 0;
  httplib::ThreadPool threads_;
};

/// No signal is handled by threads that are begun while it lives, and one that writes to a connection that is gone is
/// not ended by it: httplib would have the whole process ignore SIGPIPE instead.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
    sigaction(SIGPIPE, nullptr, &at_pipe_);
  }
  ~WithoutSignals() {
    sigaction(SIGPIPE, &at_pipe_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_{};
  struct sigaction at_pipe_ {};
};

/// Why the address cannot be listened to; httplib does not say.
std::string reason_against(const std::string& address, int port) {
  addrinfo how{}, *found = nullptr;
  how.ai_socktype = SOCK_STREAM, how.ai_flags = AI_PASSIVE;
  if (const int fault = ::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &how, &found); fault != 0)
    return ::gai_strerror(fault);
  const int socket = ::socket(found->ai_family, found->ai_socktype, found->ai_protocol), yes = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  const bool is_bound = ::bind(socket, found->ai_addr, found->ai_addrlen) == 0;
  const std::string reason = is_bound ? "it is not free" : std::generic_category().message(errno);
  ::close(socket);
  ::freeaddrinfo(found);
  return reason;
}

[[noreturn]] void cannot_serve(const std::string& address, int port) {
  const std::string where = fmt::format("{}{}", address, port > 0 ? fmt::format(", port {}", port) : "");
  const std::string hint =
      port > 0 ? "--serve without a number takes a port that is free" : "leave --serve-address out";
  throw Error(ErrorKind::kIo, fmt::format("cannot serve on {}: {}", where, reason_against(address, port)),
              "an address of this machine and a free port", hint);
}

}  // namespace

struct Server::Inside {
  Inside(report::LivePage& shown, std::string at, int wanted) : page(shown), address(std::move(at)) {
    const WithoutSignals without;
    http.emplace();
    set_up();
    port = wanted > 0 ? (http->bind_to_port(address, wanted) ? wanted : -1) : http->bind_to_any_port(address);
    if (port <= 0) cannot_serve(address, wanted);
    listener = std::thread([this] {
      ::setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread, and of those that it begins
      http->listen_after_bind();
    });
    // What does not run yet cannot be stopped.
    for (const Stopwatch waiting; !http->is_running() && waiting.seconds() < 5;) std::this_thread::sleep_for(1ms);
  }

  void set_up() {
    using Response = httplib::Server::HandlerResponse;
    http->new_task_queue = [this] { return new BoundedQueue(is_closing); };
    // httplib would let another process listen to the same port.
    http->set_socket_options([](auto socket) {
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    });
    http->set_tcp_nodelay(true);
    http->set_keep_alive_max_count(1);
    http->set_keep_alive_timeout(kToBegin);
    http->set_read_timeout(kToRead);
    http->set_write_timeout(kToWrite);
    http->set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      try {
        answer(request, response);
      } catch (const std::exception&) {  // no page is worth a training
        response.status = 500;
      }
      return Response::Handled;
    });
  }

  void answer(const httplib::Request& request, httplib::Response& response) {
    response.set_header("Cache-Control", "no-store");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Cross-Origin-Resource-Policy", "same-origin");
    const std::string_view path = request.path;
    const std::size_t begin = std::min<std::size_t>(1, path.size()), end = std::min(path.find('/', begin), path.size());
    const bool knows = is_same(path.substr(begin, end - begin), token) && request.get_header_value_count("Host") == 1 &&
                       is_our_host(request.get_header_value("Host"), address, machine);
    if (request.method != "GET") {
      response.status = 405;
      response.set_header("Allow", "GET");
    } else if (!knows) {
      response.status = 403;
    } else if (path.substr(end) == "/") {
      give_page(response);
    } else if (path.substr(end) == "/events") {
      give_events(request, response);
    } else {
      response.status = 404;
    }
  }

  void give_page(httplib::Response& response) {
    response.set_header("Content-Security-Policy",
                        "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
                        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    auto text = std::make_shared<const std::string>(page.whole());
    {
      const std::lock_guard lock(mutex);
      since_page = Stopwatch();
    }
    // Of a known length, so that no processor time goes into compressing it.
    response.set_content_provider(text->size(), "text/html; charset=utf-8",
                                  [text](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                                    return sink.write(text->data() + offset, length);
                                  });
  }

  struct Reader {
    std::uint64_t version = 0;
    Stopwatch since_told;
  };

  void give_events(const httplib::Request& request, httplib::Response& response) {
    if (++readers > kMostReaders) {
      --readers;
      response.status = 503;
      return;
    }
    {
      const std::lock_guard lock(mutex);
      since_page.reset();
    }
    const std::string last = request.get_header_value("Last-Event-ID");
    auto reader = std::make_shared<Reader>();
    reader->version = std::strtoull((last.empty() ? request.get_param_value("since") : last).c_str(), nullptr, 10);
    response.set_chunked_content_provider(
        "text/event-stream",
        [this, reader](std::size_t, httplib::DataSink& sink) {
          try {
            return tell(*reader, sink);
          } catch (const std::exception&) {
            return false;
          }
        },
        [this](bool) { --readers; });
  }

  /// What is new, then a pause. False: the reader is gone.
  bool tell(Reader& reader, httplib::DataSink& sink) {
    const bool is_last_time = is_closing;
    const report::LivePage::Update update = page.since(reader.version);
    std::string text;
    if (!update.json.empty()) text = fmt::format("id: {}\ndata: {}\n\n", update.version, update.json);
    if (text.empty() && reader.since_told.seconds() > kSilence) text = ":\n\n";
    if (!text.empty()) {
      if (!sink.write(text.data(), text.size())) return false;
      reader.version = update.version, reader.since_told = Stopwatch();
    }
    if (is_last_time || update.is_last) {
      sink.done();
      return true;
    }
    std::unique_lock lock(mutex);
    closing.wait_for(lock, kBetweenEvents, [this] { return is_closing.load(); });
    return true;
  }

  /// Here, on a thread that does not have to let others go first.
  void make_last_page() {
    try {
      page.since(0);
    } catch (const std::exception&) {  // then those who ask learn it
    }
  }

  bool has_readers() {
    const std::lock_guard lock(mutex);
    return readers > 0 || (since_page && since_page->seconds() < kToFollow);
  }

  void close() {
    {
      const std::lock_guard lock(mutex);
      is_closing = true;
    }
    closing.notify_all();
    if (has_readers()) make_last_page();
    for (const Stopwatch waiting; has_readers() && waiting.seconds() < kLongestEnd;) std::this_thread::sleep_for(2ms);
    http->stop();
    listener.join();
  }

  report::LivePage& page;
  std::string address, machine = name_of_machine(), token = random_token();
  int port = 0;
  std::optional<httplib::Server> http;
  std::atomic<bool> is_closing{false};
  std::atomic<std::size_t> readers{0};
  std::mutex mutex;
  std::optional<Stopwatch> since_page;  // was given, without a reader since
  std::condition_variable closing;
  std::thread listener;
};

Server::Server(report::LivePage& page, const std::string& address, int port)
    : inside_(std::make_unique<Inside>(page, address, port)) {}

Server::~Server() { inside_->close(); }

std::string Server::url() const {
  return fmt::format("http://{}:{}/{}/", in_url(inside_->address, inside_->machine), inside_->port, inside_->token);
}

}  // namespace poise::serve
#else
#include "poise/error.h"

namespace poise::serve {

struct Server::Inside {};

Server::Server(report::LivePage&, const std::string&, int) {
  throw Error(ErrorKind::kUsage, "--serve in a build without cpp-httplib", "one with it",
              "apt-get install libcpp-httplib-dev, then build again");
}

Server::~Server() = default;

std::string Server::url() const { return {}; }

}  // namespace poise::serve
#endif
