// Starts, stops and checks that do what the environment says. Each says in the log that it runs.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <unistd.h>

#include <ofn/function.h>
#include <ofn/life.h>
#include <ofn/log.h>
#include <ofn/object.h>
#include <ofn/route.h>

namespace {

void act(const std::string& here, const std::stop_token& stop) {
  ofn::log_info(here);
  const char* const said = std::getenv(here.c_str());
  const std::string how = said == nullptr ? "" : said;
  if (how == "throw") throw std::runtime_error("no database");
  if (how == "throw a number") throw 7;
  if (how == "exit") std::exit(9);
  if (how == "fork" && fork() == 0) return;
  if (how == "hang") pause();
  if (how.starts_with('/')) std::ifstream(how).get();  // until the test opens it
  while (how == "wait for the token" && !stop.stop_requested()) std::this_thread::yield();
}

void open_first(std::stop_token stop) { act("OPEN_FIRST", stop); }
void close_first(std::stop_token stop) { act("CLOSE_FIRST", stop); }
void open_second(std::stop_token stop) { act("OPEN_SECOND", stop); }
void close_second(std::stop_token stop) { act("CLOSE_SECOND", stop); }

struct Static {
  ~Static() { ofn::log_info("STATIC"); }
} at_exit;

}  // namespace

OFN_START(open_first)
OFN_STOP(close_first)
OFN_START(open_second)
OFN_STOP(close_second)

bool is_up() { return std::getenv("DOWN") == nullptr || access(std::getenv("DOWN"), F_OK) != 0; }
OFN_READY(is_up)

class Counter {
 public:
  Counter() { act("MAKE", {}); }
  ~Counter() { act("DESTROY", {}); }
  std::string operator()() { return std::to_string(++count_) + "\n"; }

 private:
  std::atomic<int> count_ = 0;
};
OFN_ROUTE("POST /count", ofn::object<Counter>)
OFN_ROUTE("PUT /count", ofn::object<Counter>, ofn::max_body(4))

std::string hello() { return "hello\n"; }
OFN_FUNCTION(hello)

std::string wait(const ofn::Request& request) {
  ofn::log_info("waiting");
  std::ifstream(std::string(request.query("fifo").value_or(""))).get();
  return "done\n";
}
OFN_ROUTE("/wait", wait)
OFN_ROUTE("GET /wait/alone", wait, ofn::concurrency(1, 0), ofn::timeout(std::chrono::hours(1)))
