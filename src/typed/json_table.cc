#include "typed/json_table.h"

#include <stdexcept>
#include <string>
#include <utility>

#include <ofn/http_text.h>
#include <ofn/negotiation.h>

#include "base/http_status.h"
#include "document/json.h"
#include "document/node.h"
#include "event/json_format.h"
#include "typed/reader.h"
#include "typed/writer.h"

namespace ofn {
namespace {

using document::Node;

std::string_view media_type_of(const Request& request) {
  return internal::media_type_alone(request.header("content-type").value_or(std::string_view()));
}

// Returns true if the client likes JSON better than HTML and plain text: by the weights of its Accept, then by their order. That a
// client takes anything (*/*), as curl does, does not count: people read it.
bool wants_json(const Request& request) {
  std::string_view accept = request.header("accept").value_or(std::string_view());
  bool wants = false;
  int most = 0;
  for (internal::Preference each; internal::take_preference(accept, each);) {
    const bool names_json = internal::is_json_type(each.value);
    if (!names_json && !same_field_name(each.value, "text/html") &&
        !same_field_name(each.value, "text/plain"))
      continue;
    if (each.weight <= most) continue;
    most = each.weight;
    wants = names_json;
  }
  return wants;
}

Response problem(const Request& request, int status, std::string_view detail, Node errors) {
  if (!wants_json(request)) return Response(std::string(detail) + "\n").status(status);
  Node body = Node::object({{"type", "about:blank"},
                            {"title", std::string(reason_phrase(status))},
                            {"status", Node::number(status)},
                            {"detail", std::string(detail)}});
  if (!errors.children().empty()) body.set("errors", std::move(errors));
  return Response(document::to_json(body)).status(status).content_type("application/problem+json");
}

bool accept(const abi::Call& call, const char* media_type, Response& response) {
  const std::string_view type = media_type_of(*call.request);
  if (type.empty() || same_field_name(type, media_type)) return true;
  response = refusal(*call.request, 415, "the content type must be " + std::string(media_type));
  return false;
}

bool read_request(const abi::Call& call, const abi::Type& type, void* object, Response& response) {
  const std::string_view media_type = media_type_of(*call.request);
  if (!media_type.empty() && !internal::is_json_type(media_type)) {
    response = refusal(*call.request, 415, "the content type must be application/json");
    return false;
  }
  const JsonProblems problems = read_json(call.request->body(), type, object);
  if (problems.empty()) return true;
  Node errors = Node::list();
  for (const JsonProblem& each : problems) {
    Node error = Node::object({{"detail", each.text}});
    if (!each.path.empty()) error.set("path", each.path);
    // RFC 6901 §6: as a fragment of a URI.
    if (!each.pointer.empty()) error.set("pointer", "#" + each.pointer);
    errors.add(std::move(error));
  }
  response = problem(*call.request, 400, lines_of(problems), std::move(errors));
  return false;
}

void refuse(const abi::Call& call, int status, std::string_view detail, Response& response) {
  response = refusal(*call.request, status, detail);
}

std::string read(std::string_view text, const abi::Type& type, void* object) {
  return lines_of(read_json(text, type, object));
}

std::string read_event(std::string_view text, CloudEvent& event) {
  auto parsed = event::parse_json_event(text);
  if (!parsed) return parsed.error().message();
  event = *std::move(parsed);
  return {};
}

std::string write_event(const CloudEvent& event) {
  auto text = event::to_json(event);
  if (!text) throw std::runtime_error("the event cannot be JSON: " + text.error().message());
  return *std::move(text);
}

constexpr abi::JsonTable kTable = {.accept = accept,
                                   .read_request = read_request,
                                   .refuse = refuse,
                                   .read = read,
                                   .write = write_json,
                                   .read_event = read_event,
                                   .write_event = write_event};

}  // namespace

const abi::JsonTable& json_table() noexcept { return kTable; }

Response refusal(const Request& request, int status, std::string_view detail) {
  return problem(request, status, detail, Node::list());
}

}  // namespace ofn
