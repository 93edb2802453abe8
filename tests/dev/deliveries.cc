// A function that a topic and a timer trigger. It appends a line for each call to the file that LEDGER names: the input, the data or the
// time of the tick, and the version of this text.
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <ofn/function.h>

ofn::task<ofn::Out> note(ofn::Context& context, ofn::Bytes data) {
  // So that deliveries are under way when a newer build takes over.
  co_await ofn::sleep_for(std::chrono::milliseconds(2));
  std::string what(data);
  for (const ofn::Field& field : context.metadata()) {
    if (what.empty() && ofn::same_field_name(field.name, "readTimeUTC")) what = field.value;
  }
  const std::string line = std::string(context.input()->name) + " " + what + " VERSION\n";
  const int file = open(std::getenv("LEDGER"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  const bool is_written =
      write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  close(file);
  co_return is_written ? ofn::Out::success() : ofn::Out::error("not written");
}
