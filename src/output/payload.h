// The data that a function returned, in the shape in which outputs send it.
//
//   Payload payload = payload_of(response, context);        // borrows the response's body
//   Result<Payload> payload = payload_of(event, context);   // borrows the event's data
#pragma once

#include <string>
#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/response.h>

#include "base/error.h"
#include "context/function_context.h"

namespace ofn {

// The metadata key that keeps the content type that the function declared, if another one must be published.
inline constexpr std::string_view kContentTypeKey = "ofn-content-type";

// How bytes are published so that subscribers receive them: Dapr passes some content types on and
// empties or rewrites the rest.
struct Publication {
  std::string_view content_type{};
  std::string_view
      kept_type{};  // the declared type, for kContentTypeKey; empty if it is the published one
};

// | declared                                        | published as                                 |
// |-------------------------------------------------|----------------------------------------------|
// | none                                            | text/plain if valid UTF-8, else octet-stream |
// | text/…, application/xml; valid UTF-8            | as declared                                  |
// | application/json; valid JSON                    | as declared                                  |
// | application/octet-stream                        | as declared                                  |
// | application/cloudevents+json                    | as declared                                  |
// | anything else, or data that is not what it says | octet-stream, the type kept in metadata      |
// Cost: one pass over text and JSON.
Publication publication_of(std::string_view declared, std::string_view data);

// Lifetime: borrows from what it was made of.
struct Payload {
  std::string_view data{};    // verbatim, zero bytes included
  Publication publication{};  // of `data`; made only where the context has a topic
  // For a CloudEvent, if the context has a topic: topics get the event itself, as JSON, not its
  // data in a new envelope.
  std::string event_json{};
  std::string_view event_id{};
};

// For data that the function sends itself. `content_type` may be empty. Borrows from both.
Payload payload_of(std::string_view data, std::string_view content_type,
                   const FunctionContext& context);
// May read all of the data, which takes time: do not call it on a loop.
Payload payload_of(const Response& response, const FunctionContext& context);
// Errors: kInvalidArgument when the event breaks a rule of the CloudEvents specification.
Result<Payload> payload_of(const CloudEvent& event, const FunctionContext& context);

}  // namespace ofn
