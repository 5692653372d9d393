#include "serve/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "poise/error.h"
#include "report/live/live_page.h"
#include "report/live/live_run.h"
#include "serve/access.h"

namespace poise::serve {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A connection to a port of this machine.
class Connection {
 public:
  /// `room`: bytes that the system takes before they are read; 0: its own choice.
  explicit Connection(int port, int room = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (room > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    sockaddr_in to{};
    to.sin_family = AF_INET, to.sin_port = htons(static_cast<std::uint16_t>(port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(const std::string& text) const {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
  }
  /// Up to `mark`, or all there is until the other side closes.
  std::string read_to(const std::string& mark) {
    char bytes[4096];
    while (mark.empty() || read_.find(mark) == std::string::npos) {
      const ssize_t count = ::recv(socket_, bytes, sizeof(bytes), 0);
      if (count <= 0) break;
      read_.append(bytes, static_cast<std::size_t>(count));
    }
    return std::exchange(read_, "");
  }

 private:
  int socket_;
  std::string read_;
};

struct Address {
  int port = 0;
  std::string path;
};

/// Of "http://127.0.0.1:PORT/TOKEN/".
Address parse(const std::string& url) {
  const std::size_t colon = url.rfind(':'), slash = url.find('/', colon);
  return {std::stoi(url.substr(colon + 1)), url.substr(slash)};
}

class Served : public testing::Test {
 protected:
  void SetUp() override {
    try {
      server.emplace(page, "127.0.0.1", 0);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUsage) throw;
      GTEST_SKIP() << error.what();  // this machine has no cpp-httplib
    }
    at = parse(server->url());
  }

  std::string asked(const std::string& first_line, const std::string& headers) const {
    Connection connection(at.port);
    connection.send(first_line + "\r\n" + headers + "\r\n");
    return connection.read_to("");
  }
  std::string got(const std::string& path, const std::string& host = "127.0.0.1") const {
    return asked("GET " + path + " HTTP/1.1", "Host: " + host + "\r\n");
  }
  void tell_epochs(int count) {
    TrainingResult begun;
    begun.rows = 100, begun.network.emplace();
    Event begin;
    begin.kind = Event::Kind::kBegin, begin.result = &begun;
    run.on_event(begin);
    for (int k = 1; k <= count; ++k) {
      Epoch epoch;
      epoch.number = k, epoch.seconds = 0.1 * k, epoch.train = {1.0 / k, 0.9, 0.1};
      Event event;
      event.kind = Event::Kind::kEpoch, event.epoch = &epoch, event.epochs = 1000;
      run.on_event(event);
    }
  }

  const TrainingRequest request = [] {
    TrainingRequest asked;
    asked.data.path = "digits", asked.network.hidden = {8};
    return asked;
  }();
  report::LiveRun run{request};
  report::LivePage page{run};
  std::optional<Server> server;
  Address at;
};

std::string body_of(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST(Access, TokensAreLongAndDiffer) {
  const std::string one = random_token(), other = random_token();
  EXPECT_THAT(one, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(one, other);
  EXPECT_TRUE(is_same(one, one));
  EXPECT_FALSE(is_same(other, one));
  EXPECT_FALSE(is_same(one.substr(0, 31), one));
  EXPECT_FALSE(is_same(one + "0", one));
  EXPECT_FALSE(is_same("", one));
}

TEST(Access, HostsThatAreOurs) {
  for (const char* ours : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"})
    EXPECT_TRUE(is_our_host(ours, "127.0.0.1", "box")) << ours;
  for (const char* other : {"", "evil.example", "127.0.0.1.evil.example", "127.0.0.1:", "127.0.0.1:80x", "localhost.",
                            "127.0.0.1@evil.example", "192.168.0.7", "box", "[::1", "[::1]x", "::1"})
    EXPECT_FALSE(is_our_host(other, "127.0.0.1", "box")) << other;
  EXPECT_TRUE(is_our_host("192.168.0.7:99", "192.168.0.7", "box"));
  EXPECT_FALSE(is_our_host("192.168.0.8:99", "192.168.0.7", "box"));
  // All addresses: none of a name, but for the machine's
  EXPECT_TRUE(is_our_host("192.168.0.8:99", "0.0.0.0", "box"));
  EXPECT_TRUE(is_our_host("[fe80::1]:99", "::", "box"));
  EXPECT_TRUE(is_our_host("Box:99", "0.0.0.0", "box"));
  EXPECT_FALSE(is_our_host("evil.example", "0.0.0.0", "box"));
  EXPECT_TRUE(is_local("127.0.0.1") && is_local("::1") && is_local("localhost"));
  EXPECT_FALSE(is_local("0.0.0.0") || is_local("::") || is_local("192.168.0.7"));
}

TEST_F(Served, ThePageIsForWhoKnowsTheToken) {
  const std::string answer = got(at.path);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(answer, HasSubstr("Referrer-Policy: no-referrer\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none';"));
  EXPECT_THAT(answer, HasSubstr("frame-ancestors 'none'"));
  EXPECT_THAT(body_of(answer), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(body_of(answer), HasSubstr("</html>"));
  EXPECT_THAT(got(at.path, "localhost:" + std::to_string(at.port)), StartsWith("HTTP/1.1 200 "));
}

TEST_F(Served, NobodyElseLearnsAnything) {
  std::string wrong = at.path;
  wrong[1] = wrong[1] == 'a' ? 'b' : 'a';
  const std::string by_host = "Host: 127.0.0.1\r\n";
  const std::pair<std::string, std::string> refused[] = {
      {"/", by_host},
      {"//", by_host},
      {wrong, by_host},
      {wrong + "events", by_host},
      {at.path.substr(0, at.path.size() - 2) + "/", by_host},
      {"/?" + at.path.substr(1), by_host},
      {"/events", by_host},
      {at.path, "Host: evil.example\r\n"},
      {at.path + "events", "Host: evil.example:" + std::to_string(at.port) + "\r\n"},
      {at.path, ""},
      {at.path, by_host + "Host: evil.example\r\n"}};
  for (const auto& [path, headers] : refused) {
    const std::string answer = asked("GET " + path + " HTTP/1.1", headers);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 ")) << path << headers;
    EXPECT_EQ(body_of(answer), "") << path;
  }
  EXPECT_THAT(got(at.path + "x"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Served, OnlyGet) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"}) {
    const std::string answer =
        asked(std::string(method) + " " + at.path + " HTTP/1.1", "Host: 127.0.0.1\r\nContent-Length: 0\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_EQ(body_of(answer), "") << method;
  }
}

TEST_F(Served, EventsTellWhatIsNewAndTheEnd) {
  Connection reader(at.port);
  reader.send("GET " + at.path + "events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string first = reader.read_to("\n\n");
  EXPECT_THAT(first, HasSubstr("text/event-stream"));
  EXPECT_THAT(reader.read_to("\"parts\""), Not(HasSubstr("epoch 3 of")));
  tell_epochs(3);
  EXPECT_THAT(reader.read_to("epoch 3 of 1,000"), HasSubstr("epoch 3 of 1,000"));
  page.end_early();
  // The end of the stream, not of the connection alone
  EXPECT_THAT(reader.read_to(""), testing::AllOf(HasSubstr("\"ended\""), testing::EndsWith("0\r\n\r\n")));
}

// A page that is opened as the training ends asks for its events a moment later.
TEST_F(Served, APageThatWasGivenLearnsTheEnd) {
  tell_epochs(3);
  EXPECT_THAT(got(at.path), HasSubstr("epoch 3 of 1,000"));
  page.end_early();
  std::thread end([this] { server.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  Connection reader(at.port);
  reader.send("GET " + at.path + "events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(reader.read_to(""), testing::AllOf(HasSubstr("\"ended\""), testing::EndsWith("0\r\n\r\n")));
  end.join();
}

TEST_F(Served, ItEndsWhereReadersDoNotRead) {
  tell_epochs(1);
  // More than the system takes for a connection that nobody reads
  run.on_event({.kind = Event::Kind::kNote, .text = std::string(8 << 20, 'x')});
  std::vector<std::unique_ptr<Connection>> readers;
  for (int k = 0; k < 2; ++k) {
    readers.push_back(std::make_unique<Connection>(at.port, 1));
    readers.back()->send("GET " + at.path + "events?since=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    readers.back()->read_to("data: ");
  }
  server.reset();  // or this test never ends
}

std::size_t open_files() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(Served, AFloodOpensNoFiles) {
  constexpr std::size_t kFlood = 200, kMostAccepted = 16;
  const std::size_t before = open_files();
  std::vector<std::unique_ptr<Connection>> flood;
  for (std::size_t k = 0; k < 20; ++k) flood.push_back(std::make_unique<Connection>(at.port));
  for (std::size_t k = flood.size(); k < kFlood; ++k) {  // what the kernel does not take yet waits
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET, to.sin_port = htons(static_cast<std::uint16_t>(at.port));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
    ::close(socket);
  }
  EXPECT_LE(open_files(), before + 20 + kMostAccepted + 1);
  server.reset();
}

TEST_F(Served, APortThatIsTakenIsAnError) {
  report::LivePage other(run);
  try {
    const Server second(other, "127.0.0.1", at.port);
    FAIL() << "two servers on one port";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_THAT(error.what(), HasSubstr("port " + std::to_string(at.port) + ": Address already in use"));
    EXPECT_THAT(error.hint(), HasSubstr("--serve without a number"));
  }
}

TEST_F(Served, AnAddressOfAnotherMachineIsAnError) {
  report::LivePage other(run);
  EXPECT_THROW(Server(other, "192.0.2.1", 0), Error);  // of documentation alone (RFC 5737)
}

TEST_F(Served, SignalsOfTheProcessStayAsTheyWere) {
  struct sigaction at_pipe {};
  ::sigaction(SIGPIPE, nullptr, &at_pipe);
  EXPECT_EQ(at_pipe.sa_handler, SIG_DFL);
  {
    Connection gone(at.port);
    gone.send("GET " + at.path + "events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  tell_epochs(5);
  EXPECT_THAT(got(at.path), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace poise::serve
