// Who may read what is served: who knows the token, and came by an address that is ours.
#pragma once

#include <string>
#include <string_view>

namespace poise::serve {

/// 128 random bits of the system's, in 32 hexadecimal digits. Throws Error(kResource) where it has none.
std::string random_token();

/// Whether the two are the same, in a time that does not tell how far they are.
bool is_same(std::string_view given, std::string_view token);

/// Whether a Host header names this machine by an address served on: "localhost", "127.0.0.1", "[::1]" or `address`,
/// with the port or without. Where all addresses are served ("0.0.0.0", "::"), any address in numbers, and the
/// machine's name. A page elsewhere whose name was made to lead here (DNS rebinding) names itself.
bool is_our_host(std::string_view host, std::string_view address, std::string_view machine);

/// Whether only this machine can reach the address.
bool is_local(std::string_view address);

/// How the address stands in a URL: "[::1]"; of all addresses the machine's name.
std::string in_url(const std::string& address, const std::string& machine);

/// What this machine calls itself.
std::string name_of_machine();

}  // namespace poise::serve
