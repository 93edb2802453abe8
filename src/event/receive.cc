#include "event/receive.h"

#include <string>
#include <utility>

#include <ofn/http_text.h>

#include "event/attributes.h"
#include "event/background.h"

namespace ofn::event {

namespace {

// Reads the request as a background event. `not_modern` is the reason why it is not a CloudEvent.
Result<BackgroundEvent> receive_background(const Request& request, SystemTime now,
                                           const Error& not_modern) {
  const auto neither = [&](const std::string& why) {
    return fail(Code::kInvalidArgument,
                not_modern.message() + "; and not a background event: " + why);
  };
  const auto type = request.header("content-type");
  if (!type || !internal::is_json_type(*type))
    return neither("the content type is not application/json");
  Result<BackgroundEvent> event = parse_background(request.body(), request.path(), now);
  if (!event) return neither(event.error().message());
  return event;
}

// In a batch, an error contains the event's index, from 0.
std::unexpected<Error> refused(const Received& received, std::size_t place, const Error& error) {
  if (received.mode != Mode::kBatch) return std::unexpected(error);
  return fail(error.code(), "event " + std::to_string(place) + ": " + error.message());
}

}  // namespace

Result<Received> receive_cloud_events(const Request& request, SystemTime now) {
  Result<Received> received = parse_http(request.headers(), request.body());
  if (received || received.error().code() != Code::kNotFound) return received;

  const Result<BackgroundEvent> background = receive_background(request, now, received.error());
  if (!background) return std::unexpected(background.error());
  Result<CloudEvent> event = to_cloud_event(*background);
  if (!event) {
    return fail(Code::kInvalidArgument,
                "the background event cannot become a CloudEvent: " + event.error().message());
  }
  continue_trace(*event, request.headers());
  return Received{.mode = Mode::kStructured, .events = {*std::move(event)}};
}

Result<std::vector<BackgroundEvent>> receive_background_events(const Request& request,
                                                               SystemTime now) {
  const Result<Received> received = parse_http(request.headers(), request.body());
  std::vector<BackgroundEvent> events;
  if (!received) {
    if (received.error().code() != Code::kNotFound) return std::unexpected(received.error());
    Result<BackgroundEvent> event = receive_background(request, now, received.error());
    if (!event) return std::unexpected(std::move(event).error());
    events.push_back(*std::move(event));
    return events;
  }
  for (const CloudEvent& one : received->events) {
    Result<BackgroundEvent> event = to_background_event(one);
    if (!event) {
      return refused(
          *received, events.size(),
          Error(Code::kInvalidArgument,
                "the CloudEvent cannot become a background event: " + event.error().message()));
    }
    events.push_back(*std::move(event));
  }
  return events;
}

}  // namespace ofn::event
