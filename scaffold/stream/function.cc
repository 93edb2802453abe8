// Counts in server-sent events, as fast as the client reads. In a browser: new EventSource("/?count=10")
#include <charconv>
#include <string>

#include <ofn/errors.h>
#include <ofn/function.h>

void my_function(const ofn::Request& request, ofn::Writer& writer) {
  const std::string text = request.query("count").value_or("3");
  unsigned count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size())
    throw ofn::HttpError(400, "count must be a number");
  for (unsigned i = 1; i <= count; ++i) {
    if (!writer.event({.data = std::to_string(i), .event = "count"}))
      return;  // the client has left
  }
}
OFN_FUNCTION(my_function)
