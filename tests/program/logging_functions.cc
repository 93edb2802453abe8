// The functions of test_log.py.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>

#include <ofn/function.h>
#include <ofn/log.h>

namespace {

struct StartUp {
  StartUp() { ofn::log_info("start-up", {{"where", "constructor"}}); }
  ~StartUp() { ofn::log_info("the end", {{"where", "destructor"}}); }
};
const StartUp kStartUp;

}  // namespace

ofn::Response pay(const ofn::Request& request) {
  ofn::log_info("charged", {{"order", *request.param("id")},
                            {"cents", 1299},
                            {"rate", 0.25},
                            {"paid", true},
                            {"message", "two\nlines"}});
  return "ok\n";
}
OFN_ROUTE("POST /orders/{id}", pay)

std::string throws() { throw std::logic_error("no such\norder"); }
OFN_ROUTE("/throws", throws)

std::string crashes() {
  // NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
  *static_cast<volatile int*>(nullptr) = 1;
  return {};
}
OFN_ROUTE("/crashes", crashes)

// A line before and behind each wait, on whatever thread it runs.
ofn::task<std::string> waits(const ofn::Request&) {
  ofn::log_info("piece 1");
  co_await ofn::sleep_for(std::chrono::milliseconds(1));
  ofn::log_info("piece 2");
  co_return "ok\n";
}
OFN_ROUTE("/waits", waits)

// One thread within the call, and one that outlives it until the pipe has a byte.
int behind[2];  // NOLINT: two descriptors
std::string threads() {
  std::thread([] { ofn::log_info("thread within"); }).join();
  if (pipe(behind) != 0) return "no pipe\n";
  std::thread([] {
    char byte = 0;
    (void)!read(behind[0], &byte, 1);
    ofn::log_info("thread behind");
  }).detach();
  return "ok\n";
}
OFN_ROUTE("/threads", threads)

std::string lets_go() {
  (void)!write(behind[1], "x", 1);
  return "ok\n";
}
OFN_ROUTE("/lets-go", lets_go)

std::string levels() {
  ofn::log_debug("a debug line");
  ofn::log_info("an info line");
  ofn::log_warning("a warning line");
  ofn::log_error("an error line");
  return ofn::log_enabled(ofn::Level::kDebug) ? "debug\n" : "no debug\n";
}
OFN_ROUTE("/levels", levels)

std::string floods() {
  for (int i = 0; i < 100'000; ++i) ofn::log_info("flood", {{"i", i}});
  return "ok\n";
}
OFN_ROUTE("/floods", floods)

ofn::Response answers(const ofn::Request& request) {
  return ofn::Response("x").status(std::stoi(std::string(*request.param("status"))));
}
OFN_ROUTE("/answers/{status}", answers)

std::string forks() {
  const pid_t child = fork();
  if (child == 0) {
    ofn::log_info("in the child");
    _exit(0);
  }
  return "ok\n";
}
OFN_ROUTE("/forks", forks)

std::string writes() {
  std::cout << "by cout " << 1 << "\n";
  std::cerr << "by cerr" << std::endl;
  std::clog << "by clog\n" << "second\n";
  std::printf("by printf\n");
  std::fflush(stdout);
  std::fprintf(stderr, "by stderr\r\n");
  const char text[] = "\x1b[31mby write\n";
  (void)!write(1, text, sizeof text - 1);
  if (std::system("echo by a child") != 0) return "no shell\n";
  std::cout << std::string(20'000, 'l') << "\n";
  std::cout << "without an end";
  std::printf("without an end, either");
  std::fflush(stdout);
  return "ok\n";
}
OFN_ROUTE("/writes", writes)

std::string exits() {
  std::cerr << "last words";
  std::fprintf(stderr, "last print");
  std::exit(1);
}
OFN_ROUTE("/exits", exits)
