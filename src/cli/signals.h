// What Ctrl-C, SIGTERM and SIGHUP (a terminal that is closed) do. A SIGHUP that was ignored at the start, as by nohup,
// stays ignored.
#pragma once

#include <atomic>

namespace poise::cli {

/// Set by the first of these signals after watch_for_interrupts.
extern std::atomic<bool> interrupted;

/// Until one of the others is called they end the process as they always do, but take the temporary file of a write
/// in progress away.
void clean_up_at_interrupts();
/// Until watch_for_interrupts they end the process with exit code 130, and unless `quiet` say that there is no model;
/// with `object` one on stdout says it as well.
void end_at_interrupts(bool quiet, bool object);
/// From here on the first sets `interrupted`, and unless `quiet` says so at once; a second Ctrl-C or SIGTERM ends the
/// process with exit code 130, says where things stand and leaves no temporary file. While a file is being written, or
/// has to be (must_write), the second waits for things_stand or quit_if_asked, and a third does not. A second SIGHUP,
/// which shells send beside the system's, does nothing.
void watch_for_interrupts(bool quiet, bool object);

/// Where things stand from now on, for a second signal to say: a literal, as in "quit: no model was written".
void things_stand(const char* how);
/// Until things_stand there is what a second signal must not lose: a training that has ended and is not written yet.
void must_write();
/// Ends the process where a second signal has come while a file was being written.
void quit_if_asked();

}  // namespace poise::cli
