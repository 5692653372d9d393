#include "cli/signals.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "base/file.h"

namespace poise::cli {

std::atomic<bool> interrupted{false};

namespace {

constexpr int kInterrupted = 130;

std::atomic<bool> silent{false}, on_terminal{false}, as_object{false}, quit_is_due{false}, write_is_due{false};
std::atomic<const char*> how_things_stand{"nothing was written"};

// What follows is called by handlers: nothing in it may allocate or lock.

void write_text(int to, const char* text) {
  if (::write(to, text, std::strlen(text)) < 0) return;  // a terminal that is gone
}

/// A message in place of the line of progress.
void write_parts(std::initializer_list<const char*> parts) {
  if (silent) return;
  if (on_terminal) write_text(STDERR_FILENO, "\r\033[K");
  for (const char* part : parts) write_text(STDERR_FILENO, part);
}

/// Ends the process, and tells programs that wait for an object on stdout (report.h).
[[noreturn]] void end_at_once(const char* how, const char* stands) {
  if (as_object) {
    for (const char* part :
         {"{\"error\": {\"kind\": \"interrupted\", \"code\": \"interrupted\", \"exit_code\": 130, \"message\": \"", how,
          stands, "\", \"expected\": null, \"hint\": null, \"place\": null}}\n"})
      write_text(STDOUT_FILENO, part);
  }
  std::_Exit(kInterrupted);
}

extern "C" void clean_up(int number) {
  remove_temporary_file();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

extern "C" void end_and_say(int) {
  write_parts({"poise: interrupted before training began: no model was written\n"});
  end_at_once("interrupted before training began: ", "no model was written");
}

[[noreturn]] void quit() {
  remove_temporary_file();
  write_parts({"quit: ", how_things_stand.load(), "\n"});
  end_at_once("quit: ", how_things_stand.load());
}

extern "C" void finish_or_quit(int number) {
  const int before = errno;
  if (!interrupted.exchange(true)) {
    write_parts({"interrupted: finishing; once more to quit at once\n"});
  } else if (number != SIGHUP) {
    if ((is_writing() || write_is_due) && !quit_is_due.exchange(true)) {
      write_parts({"quitting once the file is written\n"});
    } else {
      quit();
    }
  }
  errno = before;
}

void handle(void (*handler)(int)) {
  std::signal(SIGINT, handler);
  std::signal(SIGTERM, handler);  // a batch system's time limit
  if (std::signal(SIGHUP, handler) == SIG_IGN) std::signal(SIGHUP, SIG_IGN);
}

void prepare(bool quiet, bool object) {
  silent = quiet;
  as_object = object;
  on_terminal = ::isatty(STDERR_FILENO) == 1;
}

}  // namespace

void clean_up_at_interrupts() { handle(clean_up); }

void end_at_interrupts(bool quiet, bool object) {
  prepare(quiet, object);
  handle(end_and_say);
}

void watch_for_interrupts(bool quiet, bool object) {
  prepare(quiet, object);
  handle(finish_or_quit);
}

void things_stand(const char* how) {
  how_things_stand = how;
  write_is_due = false;
  quit_if_asked();
}

void must_write() { write_is_due = true; }

void quit_if_asked() {
  if (quit_is_due && !write_is_due) quit();
}

}  // namespace poise::cli
