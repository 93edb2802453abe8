// A function's result, in the form in which outputs send it.
//
//   Payload payload = payload_of(response, context);      // borrows the response's body
//   Result<Payload> data = payload_of(event, context);    // borrows the event's data
#pragma once

#include <string>
#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/response.h>

#include "base/error.h"
#include "context/function_context.h"

namespace ofn {

// The metadata key for the content type that the function declared, if a different one must be
// published.
inline constexpr std::string_view kContentTypeKey = "ofn-content-type";

// The content type under which bytes are published so that subscribers receive them. Dapr passes on
// data of some content types, and drops or rewrites data of the others.
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
// | any other type, or data that does not fit it | octet-stream, the type kept in metadata      |
// Cost: one pass over text and JSON.
Publication publication_of(std::string_view declared, std::string_view data);

// Lifetime: refers to the data from which it was made.
struct Payload {
  std::string_view data{};    // verbatim, zero bytes included
  Publication publication{};  // for `data`; set only if the context has a topic
  // The event as JSON, for a CloudEvent if the context has a topic: topics get the event itself,
  // and not its data in a new envelope.
  std::string event_json{};
  std::string_view event_id{};
};

// For data that the function sends itself. `content_type` may be empty. Refers to both.
Payload payload_of(std::string_view data, std::string_view content_type,
                   const FunctionContext& context);
// May read all of the data, which takes time, so do not call it on a loop.
Payload payload_of(const Response& response, const FunctionContext& context);
// Errors: kInvalidArgument when the event breaks a rule of the CloudEvents specification.
Result<Payload> payload_of(const CloudEvent& event, const FunctionContext& context);

}  // namespace ofn
