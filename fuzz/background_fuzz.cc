// Reads background events from requests' bodies and converts them. The input is the request's path,
// a line feed, and the body.
//
// An accepted event has data that is JSON. If it has a CloudEvent's form, that form must be a
// complete event. If that converts back, it must still be the same event.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "document/json.h"
#include "event/attributes.h"
#include "event/background.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace ofn;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): libFuzzer's interface
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto end = input.find('\n');
  if (end == std::string_view::npos) return 0;
  const auto background = event::parse_background(input.substr(end + 1), input.substr(0, end),
                                                  SystemTime(std::chrono::seconds(1)));
  if (!background) {
    OFN_CHECK(!background.error().message().empty());
    return 0;
  }
  OFN_CHECK(document::is_json(background->data.json()));
  const auto modern = event::to_cloud_event(*background);
  if (!modern) return 0;
  OFN_CHECK(event::check_event(*modern).has_value());
  OFN_CHECK(document::is_json(*modern->data()));
  const auto back = event::to_background_event(*modern);
  if (!back) return 0;
  OFN_CHECK(document::is_json(back->data.json()));
  const auto again = event::to_cloud_event(*back);
  OFN_CHECK(again.has_value());
  OFN_CHECK(again->id() == modern->id() && again->time() == modern->time());
  OFN_CHECK(again->type() == modern->type() && again->source() == modern->source());
  OFN_CHECK(again->subject() == modern->subject());
  return 0;
}
