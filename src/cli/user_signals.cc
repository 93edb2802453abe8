#include "cli/user_signals.h"

#include <csignal>
#include <initializer_list>

namespace ofn::cli {

namespace {

void do_nothing(int) {}

}  // namespace

void take_no_notice_of_user_signals() {
  for (const int number : {SIGUSR1, SIGUSR2}) {
    const auto before = std::signal(number, do_nothing);
    if (before != SIG_DFL) std::signal(number, before);
  }
}

bool is_user_signal_unused(int number) {
  struct sigaction present{};
  return sigaction(number, nullptr, &present) == 0 && present.sa_handler == do_nothing;
}

}  // namespace ofn::cli
