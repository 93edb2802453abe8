// The keys that a developer presses on the terminal.
//
//   Keys keys(loop, STDIN_FILENO, [&](Key key) { if (key == Key::kQuit) loop.stop(); });
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <termios.h>

#include "loop/loop.h"
#include "loop/signals.h"
#include "loop/watch.h"

namespace ofn::dev {

enum class Key : std::uint8_t {
  kInvokeAgain,  // i
  kRebuild,      // r, b
  kVerbose,      // v
  kHelp,         // h, ?
  kQuit,         // q
};

// While it lives, the terminal passes on each key at once and does not show it. Ctrl-C, Ctrl-\ and Ctrl-Z are signals as before.
// Keys are read only if `fd` is the terminal of this session and this process is in its foreground group; otherwise the object
// does nothing, and the terminal stays as it is. If the process is stopped (Ctrl-Z), the terminal first becomes as it was. If it
// comes to the foreground (`fg`), keys are read again.
//
// Bytes of an escape sequence (an arrow key) are no keys. Bytes that come together with others that are no keys are a paste, and
// are dropped.
//
// The terminal becomes as it was when the object is destroyed. A program that ends in another way calls restore() before. A
// process that is killed (SIGKILL), or that crashes, restores nothing; bash, zsh and fish then do it themselves, and with other
// shells `stty sane` does.
//
// Lifetime: `on_key` must not destroy it. At most one at a time: it handles SIGTSTP and SIGCONT. Threads: the loop's, which is
// the main thread.
class Keys {
 public:
  Keys(Loop& loop, int fd, std::function<void(Key)> on_key);
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  ~Keys() { restore(); }

  // Returns true if keys are read now.
  bool are_read() const { return is_raw_; }
  // Reads keys from now on if the process is in the foreground. The object does this itself when SIGCONT has come, but some shells
  // send none to a job that runs in the background and is brought to the foreground. Cost: two system calls.
  void resume();
  // Makes the terminal as it was. A signal handler may call it.
  void restore() noexcept;

 private:
  bool in_foreground() const noexcept;
  void stop();
  void read_keys();
  void take(std::string_view bytes);

  const int fd_;
  std::function<void(Key)> on_key_;
  bool is_raw_ = false;         // the terminal has our modes
  std::optional<termios> raw_;  // as they were last set
  termios before_{};            // the modes without ours
  std::optional<Watch> watch_;
  std::optional<Signals> on_continue_;
  std::optional<Signals> on_stop_;
};

}  // namespace ofn::dev
