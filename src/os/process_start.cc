#include "os/process_start.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

namespace ofn::os {
namespace {

constexpr int kStartTime = 22;  // the field's number in /proc/self/stat

}  // namespace

SystemTime process_start() {
  const SystemTime now = std::chrono::system_clock::now();
  std::string line;
  std::getline(std::ifstream("/proc/self/stat"), line);
  // The name of the program, which may have blanks, is the second field, and in parentheses.
  std::istringstream fields(line.substr(std::min(line.rfind(')') + 1, line.size())));
  std::string field;
  for (int number = 3; number <= kStartTime; ++number) fields >> field;
  timespec up{};
  const long ticks = sysconf(_SC_CLK_TCK);
  if (!fields || ticks <= 0 || clock_gettime(CLOCK_BOOTTIME, &up) != 0) return now;
  const std::chrono::nanoseconds since_boot =
      std::chrono::seconds(up.tv_sec) + std::chrono::nanoseconds(up.tv_nsec);
  const std::chrono::duration<double> began(std::stod(field) / static_cast<double>(ticks));
  const auto ran = since_boot - std::chrono::duration_cast<std::chrono::nanoseconds>(began);
  return now - std::chrono::duration_cast<SystemTime::duration>(ran);
}

}  // namespace ofn::os
