#include "dev/keys.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <pty.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "loop/loop.h"
#include "loop/signals.h"
#include "os/descriptor.h"

namespace ofn::dev {
namespace {

char letter_of(Key key) { return std::string_view("irvhq")[static_cast<std::size_t>(key)]; }

std::string as_text(const termios& modes) {
  std::string text;
  for (const tcflag_t flags : {modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag})
    text += std::to_string(flags) + " ";
  for (const cc_t c : modes.c_cc) text += std::to_string(c) + " ";
  return text;
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    read = os::Descriptor(ends[0]);
    write = os::Descriptor(ends[1]);
  }
  void put(char byte) const { EXPECT_EQ(::write(write.get(), &byte, 1), 1); }
  char get() const {
    char byte = 0;
    EXPECT_EQ(::read(read.get(), &byte, 1), 1);
    return byte;
  }
  os::Descriptor read, write;
};

// Runs `body` in a child. Returns the child's id. The child ends with the code 0 if no expectation failed.
pid_t start(const std::function<void()>& body) {
  const pid_t child = ::fork();
  EXPECT_GE(child, 0);
  if (child != 0) return child;
  ::alarm(30);  // a child that hangs is a failure
  body();
  ::_exit(::testing::Test::HasFailure() ? 1 : 0);
}

void expect_good_end(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, WUNTRACED), child);
  if (WIFSTOPPED(status)) ::kill(child, SIGKILL);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

// A terminal, and the process that leads its session, as a shell does.
struct Terminal {
  Terminal() {
    int ends[2] = {};
    EXPECT_EQ(::openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr), 0);
    master = os::Descriptor(ends[0]);
    slave = os::Descriptor(ends[1]);
    before = modes();
  }
  int fd() const { return slave.get(); }
  std::string modes() const { return as_text(raw_modes()); }
  termios raw_modes() const {
    termios modes{};
    EXPECT_EQ(::tcgetattr(slave.get(), &modes), 0);
    return modes;
  }
  void type(std::string_view bytes) const {
    EXPECT_EQ(::write(master.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  int unread() const {
    int count = 0;
    EXPECT_EQ(::ioctl(slave.get(), FIONREAD, &count), 0);
    return count;
  }
  void lead() const {
    EXPECT_EQ(::setsid(), ::getpid());
    EXPECT_EQ(::ioctl(slave.get(), TIOCSCTTY, 0), 0);
  }
  // Runs `body` in a process that leads the session and is in the foreground.
  void run(const std::function<void()>& body) {
    expect_good_end(start([&] {
      lead();
      body();
      EXPECT_EQ(modes(), before);
    }));
  }

  os::Descriptor master, slave;
  std::string before;
};

// Keys that record what is pressed.
struct Pressed {
  explicit Pressed(const Terminal& shown)
      : terminal(shown), keys(loop, shown.fd(), [this](Key key) { letters += letter_of(key); }) {}

  std::string after(std::string_view bytes) {
    letters.clear();
    const int there = terminal.unread();
    terminal.type(bytes);
    // The kernel passes them on in a thread of its own.
    while (terminal.unread() < there + static_cast<int>(bytes.size())) ::sched_yield();
    while (loop.poll()) {
    }
    return letters;
  }

  const Terminal& terminal;
  SystemClock clock;
  Loop loop{clock};
  std::string letters;
  Keys keys;
};

TEST(Keys, AreReadOneByOne) {
  Terminal terminal;
  terminal.run([&] {
    Pressed pressed(terminal);
    EXPECT_TRUE(pressed.keys.are_read());
    struct Case {
      std::string_view bytes, keys;
    };
    for (const auto& [bytes, keys] : {
             Case{"i", "i"},
             Case{"r", "r"},
             Case{"b", "r"},
             Case{"v", "v"},
             Case{"h", "h"},
             Case{"?", "h"},
             Case{"q", "q"},
             Case{"IRBVHQ", "irrvhq"},
             Case{"iiv", "iiv"},
             Case{"x", ""},
             Case{"\r\n\t", ""},
             Case{"\nr\n", "r"},
             Case{"rm -rf build; vi q", ""},  // a paste
             Case{"vö", ""},
             Case{"\x1b", ""},
             Case{"\x1b[A\x1b[1;5B\x1b[3~", ""},  // arrows, delete
             Case{"\x1bOQ\x1bOH", ""},            // F2, home
             Case{"\x1bq", ""},                   // Alt
             Case{"\x1b[200~i\x1b[201~", "i"},    // between the marks of a paste
             Case{"\x1b[I", ""},                  // the window gets the focus
             Case{"\x1b\x1b[Av", "v"},
             Case{"\x1b[", ""},
         }) {
      EXPECT_EQ(pressed.after(bytes), keys) << bytes;
    }
  });
}

TEST(Keys, LeaveTheTerminalAsItWas) {
  Terminal terminal;
  terminal.run([&] {
    {
      Pressed pressed(terminal);
      const termios modes = terminal.raw_modes();
      EXPECT_EQ(modes.c_lflag & (ICANON | ECHO), 0U);
      EXPECT_NE(modes.c_lflag & ISIG, 0U);
      EXPECT_NE(modes.c_oflag & OPOST, 0U);
    }
    EXPECT_EQ(terminal.modes(), terminal.before);
    // Unusual modes stay, too.
    termios modes = terminal.raw_modes();
    const termios usual = modes;
    modes.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    modes.c_cc[VINTR] = 'c';
    ::tcsetattr(terminal.fd(), TCSANOW, &modes);
    const std::string unusual = terminal.modes();
    {
      Pressed pressed(terminal);
      pressed.keys.restore();
      EXPECT_EQ(terminal.modes(), unusual);
      EXPECT_FALSE(pressed.keys.are_read());
      pressed.keys.resume();
      EXPECT_EQ(pressed.after("i"), "i");
    }
    EXPECT_EQ(terminal.modes(), unusual);
    ::tcsetattr(terminal.fd(), TCSANOW, &usual);
  });
}

TEST(Keys, AreNotReadFromAPipe) {
  SystemClock clock;
  Loop loop(clock);
  const Pipe pipe;
  std::string letters;
  Keys keys(loop, pipe.read.get(), [&](Key key) { letters += letter_of(key); });
  EXPECT_FALSE(keys.are_read());
  pipe.put('q');
  while (loop.poll()) {
  }
  keys.resume();
  EXPECT_FALSE(keys.are_read());
  EXPECT_EQ(letters, "");
}

TEST(Keys, AreNotReadFromTheTerminalOfAnotherSession) {
  const Terminal terminal;
  Pressed pressed(terminal);
  EXPECT_FALSE(pressed.keys.are_read());
  EXPECT_EQ(terminal.modes(), terminal.before);
  EXPECT_EQ(pressed.after("q\n"), "");
}

TEST(Keys, AreReadOnlyInTheForeground) {
  Terminal terminal;
  terminal.run([&] {
    // Another group of the session, which a shell would have put into the foreground.
    const Pipe ends;
    const pid_t other = start([&] { ends.get(); });
    ASSERT_EQ(::setpgid(other, other), 0);
    ASSERT_EQ(::tcsetpgrp(terminal.fd(), other), 0);
    {
      Pressed pressed(terminal);
      EXPECT_FALSE(pressed.keys.are_read());
      EXPECT_EQ(terminal.modes(), terminal.before);
      EXPECT_EQ(pressed.after("v\n"), "");
      std::signal(SIGTTOU, SIG_IGN);  // as a shell does
      ASSERT_EQ(::tcsetpgrp(terminal.fd(), ::getpgrp()), 0);
      std::signal(SIGTTOU, SIG_DFL);
      // The next line shows that the process is in the foreground; the first one was never read.
      EXPECT_EQ(pressed.after("i\n"), "vi");
      EXPECT_TRUE(pressed.keys.are_read());
      EXPECT_EQ(pressed.after("r"), "r");
      // Back again, by a shell that sets its own modes.
      ASSERT_EQ(::tcsetpgrp(terminal.fd(), other), 0);
      EXPECT_EQ(pressed.after("r"), "");
      pressed.keys.resume();
      EXPECT_FALSE(pressed.keys.are_read());
      const std::string shells = terminal.modes();
      pressed.keys.restore();
      EXPECT_EQ(terminal.modes(), shells);
      std::signal(SIGTTOU, SIG_IGN);
      ASSERT_EQ(::tcsetpgrp(terminal.fd(), ::getpgrp()), 0);
      std::signal(SIGTTOU, SIG_DFL);
      pressed.keys.resume();
    }
    ends.put('e');
    expect_good_end(other);
    ::tcflush(terminal.fd(), TCIFLUSH);
  });
}

// A job that a shell runs in the foreground. It reports each key; q and SIGUSR1 end it.
class Job {
 public:
  explicit Job(const Terminal& terminal) : terminal_(terminal) {
    id_ = start([&] {
      begins_.get();
      SystemClock clock;
      Loop loop(clock);
      Keys keys(loop, terminal.fd(), [&](Key key) {
        says_.put(letter_of(key));
        if (key == Key::kQuit) loop.stop();
      });
      const Signals ends(loop, {SIGUSR1}, [&](int) { loop.stop(); });
      says_.put(keys.are_read() ? '!' : '-');
      loop.run();
    });
    EXPECT_EQ(::setpgid(id_, id_), 0);
    std::signal(SIGTTOU, SIG_IGN);  // as a shell does
    take_foreground(id_);
    begins_.put('b');
    EXPECT_EQ(says(), '!');
  }

  char says() const { return says_.get(); }
  void take_foreground(pid_t group) const { EXPECT_EQ(::tcsetpgrp(terminal_.fd(), group), 0); }
  void signal(int number) const { EXPECT_EQ(::kill(-id_, number), 0); }
  // Waits until the job has stopped, takes the terminal, and returns the signal.
  int stopped_by() const {
    int status = 0;
    EXPECT_EQ(::waitpid(id_, &status, WUNTRACED), id_);
    EXPECT_TRUE(WIFSTOPPED(status)) << status;
    take_foreground(::getpgrp());
    return WSTOPSIG(status);
  }
  void go_on() const {
    take_foreground(id_);
    signal(SIGCONT);
  }
  void end() const {
    signal(SIGUSR1);
    expect_good_end(id_);
  }
  void quit() const {
    terminal_.type("q");
    EXPECT_EQ(says(), 'q');
    expect_good_end(id_);
    take_foreground(::getpgrp());
  }

 private:
  const Terminal& terminal_;
  Pipe begins_;
  Pipe says_;
  pid_t id_;
};

TEST(Keys, LetTheJobBeStoppedAndContinued) {
  Terminal terminal;
  terminal.run([&] {
    const Job job(terminal);
    for (int i = 0; i < 3; ++i) {
      terminal.type("\x1a");  // Ctrl-Z
      EXPECT_EQ(job.stopped_by(), SIGTSTP);
      EXPECT_EQ(terminal.modes(), terminal.before);
      job.go_on();
      terminal.type("i");
      EXPECT_EQ(job.says(), 'i');
    }
    EXPECT_NE(terminal.modes(), terminal.before);
    job.quit();
  });
}

TEST(Keys, SurviveAStopThatNobodyCanHandle) {
  for (const bool shell_restores : {true, false}) {
    Terminal terminal;
    terminal.run([&] {
      const termios before = terminal.raw_modes();
      const Job job(terminal);
      job.signal(SIGSTOP);
      EXPECT_EQ(job.stopped_by(), SIGSTOP);
      if (shell_restores) ::tcsetattr(terminal.fd(), TCSANOW, &before);
      job.go_on();
      terminal.type("v");
      EXPECT_EQ(job.says(), 'v');
      job.quit();
    });
  }
}

TEST(Keys, AreNotReadAfterTheJobWentOnInTheBackground) {
  Terminal terminal;
  terminal.run([&] {
    const Job job(terminal);
    terminal.type("\x1a");
    EXPECT_EQ(job.stopped_by(), SIGTSTP);
    job.signal(SIGCONT);  // `bg`
    terminal.type("v\n");
    job.signal(SIGTERM);
    int status = 0;
    EXPECT_GT(::waitpid(-1, &status, WUNTRACED), 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "stopped, or ended: " << status;
    EXPECT_EQ(terminal.modes(), terminal.before);
    ::tcflush(terminal.fd(), TCIFLUSH);
  });
}

TEST(Keys, LeaveTheTerminalToTheShellInTheBackground) {
  Terminal terminal;
  terminal.run([&] {
    const termios before = terminal.raw_modes();
    const Job job(terminal);
    // The shell takes the terminal without a signal to the job.
    job.take_foreground(::getpgrp());
    termios shells = before;
    shells.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(terminal.fd(), TCSANOW, &shells);
    job.end();
    EXPECT_EQ(terminal.modes(), as_text(shells));
    ::tcsetattr(terminal.fd(), TCSANOW, &before);
  });
}

TEST(Keys, EndWithTheTerminal) {
  Terminal terminal;
  const pid_t child = start([&] {
    terminal.lead();
    std::signal(SIGHUP, SIG_IGN);
    Pressed pressed(terminal);
    EXPECT_EQ(pressed.after("i"), "i");
    terminal.master = os::Descriptor();
    while (pressed.loop.poll()) {
    }
    EXPECT_FALSE(pressed.keys.are_read());
    pressed.keys.resume();
    EXPECT_FALSE(pressed.keys.are_read());
  });
  terminal.master = os::Descriptor();  // the child's is the last one
  expect_good_end(child);
}

}  // namespace
}  // namespace ofn::dev
