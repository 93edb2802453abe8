// Reads CloudEvents from HTTP messages, in all modes. The input has the form of an HTTP message
// with bare line feeds: field lines ("name: value"), an empty line, and the body.
//
// An accepted event must be complete. If it is sent and read again, in each mode, it must be the
// same event.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/field.h>

#include "base/check.h"
#include "document/json.h"
#include "event/http_binding.h"

namespace {

using ofn::CloudEvent;
using ofn::Field;
using ofn::event::Mode;

// White space around a JSON text is not part of it (RFC 8259 §2).
std::string_view trimmed(std::string_view text) {
  const auto begin = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// Returns true if `read` is the event `sent`, but for three differences that sending causes. Data
// without a type gets one. Empty data becomes missing data in the binary mode. JSON inside another
// JSON text loses the white space around it.
bool same(CloudEvent sent, CloudEvent read) {
  if (!sent.datacontenttype() && read.datacontenttype()) {
    sent.datacontenttype(*read.datacontenttype());
  }
  if (sent.data() == "" && !read.data()) {
    return sent.id() == read.id() && sent.source() == read.source() && sent.type() == read.type() &&
           sent.extensions() == read.extensions();
  }
  if (sent.data() && read.data() && ofn::document::is_json(*sent.data())) {
    sent.data(std::string(trimmed(*sent.data())));
    read.data(std::string(trimmed(*read.data())));
  }
  return sent == read;
}

void send_and_read_again(const CloudEvent& event, Mode mode) {
  const auto response = ofn::event::to_http(event, mode);
  OFN_CHECK(response.has_value());
  std::vector<Field> fields;
  for (const auto& [name, value] : response->headers()) fields.push_back({name, value});
  const auto again = ofn::event::parse_http(fields, response->body());
  OFN_CHECK(again.has_value());
  OFN_CHECK(again->mode == mode && again->events.size() == 1);
  OFN_CHECK(same(event, again->events[0]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  std::vector<Field> fields;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() == rest.size() ? line.size() : line.size() + 1);
    if (line.empty()) break;
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) {
      fields.push_back({line.substr(0, colon), line.substr(colon + 2)});
    }
  }
  const auto received = ofn::event::parse_http(fields, rest);
  if (!received) {
    OFN_CHECK(!received.error().message().empty());
    return 0;
  }
  for (const CloudEvent& event : received->events) {
    for (const Mode mode : {Mode::kBinary, Mode::kStructured, Mode::kBatch}) {
      // Data whose content type names another mode cannot be sent in binary mode, because the
      // receiver would read another event from it. Such an event is sent in structured mode.
      if (mode == Mode::kBinary && event.datacontenttype() &&
          event.datacontenttype()->size() >= 23) {
        const std::string_view type = *event.datacontenttype();
        if (ofn::same_field_name(type.substr(0, 23), "application/cloudevents")) continue;
      }
      send_and_read_again(event, mode);
    }
  }
  return 0;
}
