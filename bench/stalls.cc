// What bench/stalls.py serves: a function that blocks, one that computes, and one that does neither.
#include <chrono>
#include <string>
#include <thread>

#include <ofn/function.h>

using namespace std::chrono_literals;

std::string block() {
  std::this_thread::sleep_for(100ms);
  return "blocked\n";
}

// A millisecond of this thread's work, however often it is interrupted: counted, not timed.
std::string compute() {
  // About a millisecond on a core of 3 GHz: one multiplication after another.
  unsigned long long value = 1;
  for (int i = 0; i < 750'000; ++i) value = value * 6364136223846793005ULL + 1442695040888963407ULL;
  return std::to_string(value) + "\n";
}

std::string quick() { return "quick\n"; }

OFN_ROUTE("/block", block)
OFN_ROUTE("/compute", compute)
OFN_ROUTE("/", quick)
