#include "serve/access.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "poise/error.h"

namespace poise::serve {
namespace {

bool is_every_address(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

/// "[::1]:80" → "::1", "localhost:80" → "localhost"; empty for what is neither.
std::string without_port(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const std::size_t end = is_bracketed ? host.find(']') : std::min(host.find(':'), host.size());
  if (end == std::string_view::npos) return {};
  std::string_view rest = host.substr(end + (is_bracketed ? 1 : 0));
  const bool is_port =
      rest.empty() || (rest.size() > 1 && rest[0] == ':' &&
                       std::ranges::all_of(rest.substr(1), [](char c) { return c >= '0' && c <= '9'; }));
  return is_port ? lower(host.substr(is_bracketed ? 1 : 0, end - (is_bracketed ? 1 : 0))) : std::string();
}

bool is_in_numbers(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> ignored{};
  return ::inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), ignored.data()) == 1;
}

}  // namespace

std::string random_token() {
  std::array<unsigned char, 16> bytes{};
  if (::getentropy(bytes.data(), bytes.size()) != 0)
    throw Error(ErrorKind::kResource, "no random bits for a token", "a system with getentropy");
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

bool is_same(std::string_view given, std::string_view token) {
  unsigned different = given.size() == token.size() ? 0 : 1;
  for (std::size_t k = 0; k < token.size(); ++k) {
    const char other = k < given.size() ? given[k] : '\0';
    different |= static_cast<unsigned char>(other) ^ static_cast<unsigned char>(token[k]);
  }
  return different == 0;
}

bool is_our_host(std::string_view host, std::string_view address, std::string_view machine) {
  const std::string name = without_port(host);
  if (name.empty()) return false;
  for (const char* local : {"localhost", "127.0.0.1", "::1"}) {
    if (name == local) return true;
  }
  if (is_every_address(address)) return is_in_numbers(name) || name == lower(machine);
  return name == lower(address);
}

bool is_local(std::string_view address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

std::string in_url(const std::string& address, const std::string& machine) {
  if (is_every_address(address)) return machine;
  return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

std::string name_of_machine() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "localhost";
}

}  // namespace poise::serve
