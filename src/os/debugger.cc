#include "os/debugger.h"

#include <array>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/prctl.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "os/descriptor.h"

namespace ofn::os {

namespace {

constexpr std::string_view kField = "\nTracerPid:\t";
// The kernel has no event for the arrival of a debugger. A person does not notice this time.
constexpr std::chrono::milliseconds kLookEvery(50);

// Spec: proc(5), /proc/pid/status. The field is among the first lines, which are short.
std::optional<pid_t> read_tracer(pid_t process) {
  const std::string path = "/proc/" + std::to_string(process) + "/status";
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> buffer{};
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size <= 0) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  const std::size_t field = text.find(kField);
  if (field == std::string_view::npos) return std::nullopt;
  const std::string_view number = text.substr(field + kField.size());
  pid_t tracer = 0;
  const auto read = std::from_chars(number.data(), number.data() + number.size(), tracer);
  return read.ec == std::errc() ? std::optional(tracer) : std::nullopt;
}

}  // namespace

pid_t tracer_of(pid_t process) { return read_tracer(process).value_or(0); }

void allow_debuggers() {
  // A kernel without Yama refuses the call, and needs none.
  (void)::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

std::string how_to_attach(pid_t process) {
  const std::string id = std::to_string(process);
  return "gdb -p " + id + "\nlldb -p " + id;
}

Result<void> wait_for_debugger() {
  for (;;) {
    const auto tracer = read_tracer(::getpid());
    if (!tracer) return fail(Code::kUnavailable, "/proc/self/status does not say who traces it");
    if (*tracer != 0) return {};
    std::this_thread::sleep_for(kLookEvery);
  }
}

}  // namespace ofn::os
