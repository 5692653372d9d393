// Messages over a pair of sockets: their size, then their bytes.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "poise/error.h"
#include "poise/workers.h"

namespace poise {
namespace {

class SocketChannel : public Channel {
 public:
  explicit SocketChannel(int socket) : socket_(socket) {}
  ~SocketChannel() override { ::close(socket_); }

  void send(std::string_view message) override {
    const std::uint64_t size = message.size();
    write_all(reinterpret_cast<const char*>(&size), sizeof size);
    write_all(message.data(), message.size());
  }

  std::string receive() override {
    std::uint64_t size = 0;
    read_all(reinterpret_cast<char*>(&size), sizeof size);
    std::string message(size, '\0');
    read_all(message.data(), message.size());
    return message;
  }

 private:
  [[noreturn]] static void fail_gone() {
    throw Error(ErrorKind::kIo, "another process that shares the rows is gone", "one that answers",
                "what it has said of itself tells more; the training can be begun again");
  }

  void write_all(const char* from, std::size_t size) const {
    while (size > 0) {
      const ssize_t sent = ::send(socket_, from, size, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent <= 0) fail_gone();
      from += sent, size -= static_cast<std::size_t>(sent);
    }
  }

  void read_all(char* to, std::size_t size) const {
    while (size > 0) {
      const ssize_t read = ::recv(socket_, to, size, 0);
      if (read < 0 && errno == EINTR) continue;
      if (read <= 0) fail_gone();
      to += read, size -= static_cast<std::size_t>(read);
    }
  }

  int socket_;
};

}  // namespace

std::pair<std::unique_ptr<Channel>, std::unique_ptr<Channel>> socket_channels() {
  int sockets[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
    throw Error(ErrorKind::kResource, std::string("cannot make a pair of sockets: ") + std::strerror(errno),
                "a system that has some left");
  }
  return {std::make_unique<SocketChannel>(sockets[0]), std::make_unique<SocketChannel>(sockets[1])};
}

}  // namespace poise
