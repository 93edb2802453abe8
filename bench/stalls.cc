// The functions that bench/stalls.py serves: one blocks, one computes, and one does neither.
#include <chrono>
#include <string>
#include <thread>

#include <ofn/function.h>

using namespace std::chrono_literals;

std::string block() {
  std::this_thread::sleep_for(100ms);
  return "blocked\n";
}

// Works for about a millisecond. The work is counted and not timed, so it is the same if the thread
// is interrupted.
std::string compute() {
  // Multiplications that wait for each other: about a millisecond on a core of 3 GHz.
  unsigned long long value = 1;
  for (int i = 0; i < 750'000; ++i) value = value * 6364136223846793005ULL + 1442695040888963407ULL;
  return std::to_string(value) + "\n";
}

std::string quick() { return "quick\n"; }

OFN_ROUTE("/block", block)
OFN_ROUTE("/compute", compute)
OFN_ROUTE("/", quick)
