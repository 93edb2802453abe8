// The signals SIGUSR1 and SIGUSR2.
//
//   take_no_notice_of_user_signals();
//   if (is_user_signal_unused(SIGUSR1)) say("free");   // later: the function's start-up code may have taken it
#pragma once

namespace ofn::cli {

// Some tools send these signals to make programs rotate their logs or print their state. By default
// they would end this program. It uses a handler that does nothing, because the programs that a
// function starts would inherit an ignored signal, but not a handler. Keeps an existing handler, or that the signal is ignored.
void take_no_notice_of_user_signals();

// Returns true if that handler is still there.
bool is_user_signal_unused(int number);

}  // namespace ofn::cli
