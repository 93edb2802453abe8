// Functions that end their process, or try to. ?how= says in which way.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <ofn/function.h>
#include <ofn/plugin.h>
#include <ofn/task.h>

namespace {

int* volatile nowhere = nullptr;
volatile int zero = 0;

// It has a name so that tests can find it in a stack.
__attribute__((noinline)) void write_to_null() { *nowhere = 1; }

__attribute__((noinline)) int recurse(int depth) {
  volatile char room[1024];
  room[0] = static_cast<char>(depth);
  return recurse(depth + 1) + room[0];
}

volatile bool is_endless = true;
bool is_spinning = false;

// The loop is one line without a call, so that a signal finds that line on top of the stack.
__attribute__((noinline)) int spin() {
  while (is_endless) __atomic_store_n(&is_spinning, true, __ATOMIC_RELAXED);
  return 0;
}

struct Shape {
  Shape() { measure(); }
  virtual ~Shape() = default;
  virtual int area() const = 0;
  // Called by the constructor, when the object is not yet a Square.
  __attribute__((noinline)) int measure() const { return area(); }
};
struct Square : Shape {
  int area() const override { return 4; }
};

void throws(const char* what) { throw std::runtime_error(what); }
void out_of_noexcept(const char* what) noexcept { throws(what); }

void die(const std::string& how) {
  if (how == "null") write_to_null();
  if (how == "call null") reinterpret_cast<void (*)()>(nowhere)();
  if (how == "abort") std::abort();
  if (how == "overflow") std::exit(recurse(0));
  if (how == "divide") std::exit(7 / zero);
  if (how == "trap") __builtin_trap();
  if (how == "breakpoint") raise(SIGTRAP);
  if (how == "bus") raise(SIGBUS);
  if (how == "sys") raise(SIGSYS);
  if (how == "double free") {
    void* volatile memory = std::malloc(3000);
    std::free(memory);
    std::free(memory);
  }
  if (how == "exit 7") std::exit(7);
  if (how == "exit 0") std::exit(0);
  if (how == "exit -1") std::exit(-1);
  if (how == "quick_exit") std::quick_exit(3);
  if (how == "_exit") _exit(0);
  if (how == "_Exit") std::_Exit(9);
  if (how == "pure virtual") std::exit(Square().area());
  if (how == "loop") {
    // Another thread says it when the loop runs: a signal that comes after these words finds this thread in the loop.
    std::thread([] {
      while (!__atomic_load_n(&is_spinning, __ATOMIC_RELAXED)) std::this_thread::yield();
      std::cerr << "it loops\n";
    }).detach();
    std::exit(spin());
  }
  if (how == "wait") {
    std::cerr << "it waits\n";
    for (;;) pause();
  }
  if (how == "terminate") std::terminate();
  if (how == "noexcept") out_of_noexcept("thrown out of noexcept");
  if (how == "thread throws") {
    std::thread([] { throw std::out_of_range("nobody catches this"); }).detach();
    for (;;) pause();
  }
  if (how == "thread overflows") {
    std::thread([] { std::exit(recurse(0)); }).detach();
    for (;;) pause();
  }
  if (how == "thread exits") {
    std::thread([] { std::exit(5); }).detach();
    for (;;) pause();
  }
  if (how == "two threads") {
    for (int i = 0; i < 2; ++i) std::thread([] { write_to_null(); }).detach();
    for (;;) pause();
  }
}

// Returns how a child ended, as text.
std::string end_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? "exited " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status));
}

std::string how_of(const ofn::Request& request) {
  return std::string(request.query("how").value_or(""));
}

}  // namespace

std::string dies(const ofn::Request& request) {
  die(how_of(request));
  return "alive\n";
}

std::string dies_on_worker(ofn::Context& context, ofn::Bytes) {
  die(std::string(context.request()->query("how").value_or("")));
  return "alive\n";
}

ofn::task<std::string> dies_in_task(const ofn::Request& request) {
  const auto how = how_of(request);
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  die(how);
  co_return "alive\n";
}

struct DyingHook : ofn::Plugin {
  void pre(ofn::Context& context, ofn::CallData&) override {
    die(std::string(context.request()->query("how").value_or("")));
  }
};
OFN_PLUGIN(DyingHook, "dying", "v1")

std::string prints(const ofn::Request&) {
  std::cout << "printed to cout\n";
  std::printf("printed by printf\n");
  return "printed\n";
}

// Forks a child that does what the request says. The answer says how it ended.
std::string forks(const ofn::Request& request) {
  const std::string how = how_of(request);
  const pid_t child = fork();
  if (child == 0) {
    if (how == "throw") throw std::runtime_error("in the child");
    if (how == "_exit") _exit(4);
    if (how == "exit") std::exit(5);
    if (how == "null") write_to_null();
    if (how == "SIGTERM") raise(SIGTERM);
    if (how == "SIGPIPE") raise(SIGPIPE);
    if (how == "sockets") {
      // Exits with 0 if the child has no socket.
      _exit(std::system("exec test \"$(ls -l /proc/$PPID/fd | grep -c socket:)\" = 0") == 0 ? 0
                                                                                            : 1);
    }
    return "from the child\n";
  }
  return end_of(child) + "\n";
}

ofn::task<std::string> forks_in_task(const ofn::Request&) {
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  const pid_t child = fork();
  if (child == 0) co_return "from the child\n";
  co_return end_of(child) + "\n";
}

std::string forks_and_sends(ofn::Context& context, ofn::Bytes) {
  const pid_t child = fork();
  if (child == 0) {
    (void)context.send("from the child");
    return "from the child\n";
  }
  return end_of(child) + "\n";
}

// Returns the ignored and the blocked signals of a program that the function starts.
std::string starts(const ofn::Request&) {
  std::string text;
  FILE* const pipe = popen("grep -E 'SigIgn|SigBlk' /proc/self/status", "r");
  char line[256];
  while (std::fgets(line, sizeof line, pipe) != nullptr) text += line;
  pclose(pipe);
  return text;
}

OFN_FUNCTION(dies)
OFN_FUNCTION(dies_on_worker)
OFN_FUNCTION(dies_in_task)
OFN_FUNCTION(prints)
OFN_FUNCTION(forks)
OFN_FUNCTION(forks_in_task)
OFN_FUNCTION(forks_and_sends)
OFN_FUNCTION(starts)
