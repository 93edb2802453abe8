#include "dev/messages.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"
#include "document/json.h"
#include "document/node.h"

namespace ofn::dev {

namespace {

using document::Node;

Node nanoseconds(Duration duration) {
  return Node::number(std::chrono::nanoseconds(duration).count());
}

std::int64_t number_of(const Node& object, std::string_view name) {
  const Node* member = object.find(name);
  return member != nullptr && member->is(Node::Kind::kNumber)
             ? static_cast<std::int64_t>(member->real())
             : 0;
}

Duration duration_of(const Node& object, std::string_view name) {
  return std::chrono::nanoseconds(number_of(object, name));
}

// Bytes that JSON cannot carry as a text become an object.
Node node_of(const std::string& bytes) {
  return is_utf8(bytes) ? Node(bytes) : Node::object({{"base64", base64_encode(bytes)}});
}

std::string bytes_of(const Node& node) {
  if (node.is(Node::Kind::kText)) return node.text();
  return base64_decode(node.find_text("base64")).value_or("");
}

std::string text_of(const Node& object, std::string_view name) {
  const Node* member = object.find(name);
  return member == nullptr ? "" : bytes_of(*member);
}

Node node_of(const OutputTold& output) {
  return Node::object({{"name", output.name},
                       {"component", output.component},
                       {"outcome", output.outcome},
                       {"tries", Node::number(output.tries)},
                       {"took", nanoseconds(output.took)}});
}

OutputTold output_of(const Node& node) {
  return {.name = text_of(node, "name"),
          .component = text_of(node, "component"),
          .outcome = text_of(node, "outcome"),
          .tries = static_cast<unsigned>(number_of(node, "tries")),
          .took = duration_of(node, "took")};
}

Node node_of(const Frame& frame) {
  return Node::object({{"function", node_of(frame.function)},
                       {"file", node_of(frame.file)},
                       {"line", Node::number(static_cast<std::int64_t>(frame.line))},
                       {"source", node_of(frame.source)}});
}

Frame frame_of(const Node& node) {
  return {.function = text_of(node, "function"),
          .file = text_of(node, "file"),
          .line = static_cast<std::size_t>(number_of(node, "line")),
          .source = text_of(node, "source")};
}

Node node_of(const std::vector<Frame>& frames) {
  std::vector<Node> nodes;
  for (const Frame& frame : frames) nodes.push_back(node_of(frame));
  return Node::list(std::move(nodes));
}

std::vector<Frame> frames_in(const Node& object) {
  std::vector<Frame> frames;
  if (const Node* nodes = object.find("frames"))
    for (const Node& node : nodes->items()) frames.push_back(frame_of(node));
  return frames;
}

Node node_of(const Thrown& thrown) {
  return Node::object(
      {{"type", thrown.type}, {"what", node_of(thrown.what)}, {"frames", node_of(thrown.frames)}});
}

Thrown thrown_of(const Node& node) {
  return {.type = text_of(node, "type"), .what = text_of(node, "what"), .frames = frames_in(node)};
}

Node node_of(const Content& content) {
  std::vector<Node> fields;
  for (const auto& [name, value] : content.fields)
    fields.push_back(Node::list({node_of(name), node_of(value)}));
  return Node::object({{"fields", Node::list(std::move(fields))},
                       {"body", node_of(content.body)},
                       {"size", Node::number(content.size)}});
}

Content content_of(const Node& call, std::string_view name) {
  Content content;
  const Node* node = call.find(name);
  if (node == nullptr) return content;
  if (const Node* fields = node->find("fields")) {
    for (const Node& field : fields->items()) {
      if (field.items().size() == 2)
        content.fields.emplace_back(bytes_of(field.items()[0]), bytes_of(field.items()[1]));
    }
  }
  content.body = text_of(*node, "body");
  content.size = static_cast<std::size_t>(number_of(*node, "size"));
  return content;
}

Node node_of(const Sent& sent) {
  return Node::object({{"output", node_of(sent.output)},
                       {"component", node_of(sent.component)},
                       {"topic", node_of(sent.topic)},
                       {"operation", node_of(sent.operation)},
                       {"content", node_of(sent.content)},
                       {"outcome", node_of(sent.outcome)}});
}

Sent sent_of(const Node& node) {
  return {.output = text_of(node, "output"),
          .component = text_of(node, "component"),
          .topic = text_of(node, "topic"),
          .operation = text_of(node, "operation"),
          .content = content_of(node, "content"),
          .outcome = text_of(node, "outcome")};
}

Node list_of(const std::vector<std::string>& texts) {
  return Node::list({texts.begin(), texts.end()});
}

// Returns the ids in "1f 20 21 and 3 more", and the rest as one.
std::vector<std::string> ids_of(std::string_view text) {
  std::vector<std::string> words;
  const std::size_t rest = std::min(text.find(" and "), text.size());
  const std::string_view more = text.substr(std::min(rest + 1, text.size()));
  text = text.substr(0, rest);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!more.empty()) words.emplace_back(more);
  return words;
}

// "price() (hello.cc:12)", with " < " between frames.
std::vector<Frame> frames_of(std::string_view stack) {
  constexpr std::string_view kBetween = " < ";
  std::vector<Frame> frames;
  while (!stack.empty()) {
    const std::size_t end = std::min(stack.find(kBetween), stack.size());
    std::string_view text = stack.substr(0, end);
    if (text.ends_with(" times)")) text = text.substr(0, text.rfind(" ("));  // of a recursion
    Frame& frame =
        frames.emplace_back(Frame{.function = std::string(text), .file = {}, .source = {}});
    const std::size_t place = text.rfind(" (");
    const std::size_t colon = text.rfind(':');
    if (place != std::string_view::npos && colon != std::string_view::npos && colon > place) {
      frame.function = text.substr(0, place);
      frame.file = text.substr(place + 2, colon - place - 2);
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), frame.line);
    }
    stack.remove_prefix(std::min(end + kBetween.size(), stack.size()));
  }
  return frames;
}

}  // namespace

std::string encode(const CallEnded& call) {
  std::vector<Node> outputs;
  for (const OutputTold& output : call.outputs) outputs.push_back(node_of(output));
  std::vector<Node> all_sent;
  for (const Sent& sent : call.sent) all_sent.push_back(node_of(sent));
  Node thrown = call.thrown ? node_of(*call.thrown) : Node();
  return document::to_json(Node::object({{"build", Node::number(call.build)},
                                         {"id", node_of(call.id)},
                                         {"kind", call.kind},
                                         {"method", node_of(call.method)},
                                         {"path", node_of(call.path)},
                                         {"function", call.function},
                                         {"route", call.route},
                                         {"verdict", call.verdict},
                                         {"refusal", call.refusal},
                                         {"status", Node::number(call.status)},
                                         {"answered", nanoseconds(call.answered)},
                                         {"waited", nanoseconds(call.waited)},
                                         {"ran", nanoseconds(call.ran)},
                                         {"delivered", nanoseconds(call.delivered)},
                                         {"ran_on", call.ran_on},
                                         {"bytes_in", Node::number(call.bytes_in)},
                                         {"bytes_out", Node::number(call.bytes_out)},
                                         {"outputs", Node::list(std::move(outputs))},
                                         {"sent", Node::list(std::move(all_sent))},
                                         {"captured", Node::number(call.is_captured ? 1 : 0)},
                                         {"thrown", std::move(thrown)},
                                         {"request", node_of(call.request)},
                                         {"answer", node_of(call.answer)}}));
}

std::optional<CallEnded> decode_call(std::string_view text) {
  const auto node = document::json_value(text);
  if (!node || !node->is(Node::Kind::kObject)) return std::nullopt;
  CallEnded call{.build = static_cast<unsigned>(number_of(*node, "build")),
                 .id = text_of(*node, "id"),
                 .kind = text_of(*node, "kind"),
                 .method = text_of(*node, "method"),
                 .path = text_of(*node, "path"),
                 .function = text_of(*node, "function"),
                 .route = text_of(*node, "route"),
                 .verdict = text_of(*node, "verdict"),
                 .refusal = text_of(*node, "refusal"),
                 .status = static_cast<int>(number_of(*node, "status")),
                 .answered = duration_of(*node, "answered"),
                 .waited = duration_of(*node, "waited"),
                 .ran = duration_of(*node, "ran"),
                 .delivered = duration_of(*node, "delivered"),
                 .ran_on = text_of(*node, "ran_on"),
                 .bytes_in = static_cast<std::size_t>(number_of(*node, "bytes_in")),
                 .bytes_out = static_cast<std::size_t>(number_of(*node, "bytes_out")),
                 .outputs = {},
                 .is_captured = number_of(*node, "captured") != 0,
                 .request = content_of(*node, "request"),
                 .answer = content_of(*node, "answer")};
  if (const Node* outputs = node->find("outputs")) {
    for (const Node& output : outputs->items()) call.outputs.push_back(output_of(output));
  }
  if (const Node* all_sent = node->find("sent")) {
    for (const Node& sent : all_sent->items()) call.sent.push_back(sent_of(sent));
  }
  if (const Node* thrown = node->find("thrown"); thrown && thrown->is(Node::Kind::kObject))
    call.thrown = thrown_of(*thrown);
  return call;
}

std::string encode(const std::vector<ServedFunction>& functions) {
  std::vector<Node> nodes;
  for (const ServedFunction& function : functions) {
    nodes.push_back(Node::object({{"name", function.name},
                                  {"signature", function.signature},
                                  {"routes", list_of(function.routes)},
                                  {"schema", function.schema}}));
  }
  return document::to_json(Node::list(std::move(nodes)));
}

std::optional<std::vector<ServedFunction>> decode_functions(std::string_view text) {
  const auto node = document::json_value(text);
  if (!node || !node->is(Node::Kind::kList)) return std::nullopt;
  std::vector<ServedFunction> functions;
  for (const Node& item : node->items()) {
    ServedFunction& function =
        functions.emplace_back(ServedFunction{.name = text_of(item, "name"),
                                              .signature = text_of(item, "signature"),
                                              .schema = text_of(item, "schema")});
    const Node* routes = item.find("routes");
    if (routes == nullptr) continue;
    for (const Node& route : routes->items()) function.routes.push_back(route.text());
  }
  return functions;
}

std::string encode(const StillRuns& told) {
  return document::to_json(Node::object({{"id", node_of(told.id)},
                                         {"function", node_of(told.function)},
                                         {"used", nanoseconds(told.used)},
                                         {"why", Node::number(static_cast<int>(told.why))},
                                         {"frames", node_of(told.frames)}}));
}

std::optional<StillRuns> decode_still_runs(std::string_view text) {
  const auto node = document::json_value(text);
  if (!node || !node->is(Node::Kind::kObject)) return std::nullopt;
  return StillRuns{.id = text_of(*node, "id"),
                   .function = text_of(*node, "function"),
                   .used = duration_of(*node, "used"),
                   .why = static_cast<StillRuns::Why>(number_of(*node, "why")),
                   .frames = frames_in(*node)};
}

std::vector<Frame> frames_of(const std::vector<os::SourceFrame>& frames) {
  std::vector<Frame> found;
  for (const os::SourceFrame& frame : frames) {
    found.push_back({.function = frame.function,
                     .file = frame.file,
                     .line = static_cast<std::size_t>(frame.line),
                     .source = frame.source});
    if (frame.times > 1) found.back().function += " (" + std::to_string(frame.times) + " times)";
  }
  return found;
}

std::optional<Report> decode_report(std::string_view text) {
  const auto node = document::json_value(text);
  if (!node || !node->is(Node::Kind::kObject)) return std::nullopt;
  const std::string_view message = node->find_text("message");
  Report report{.is_of_worker = message.find("forked") == std::string_view::npos,
                .how = text_of(*node, "signal"),
                .id = text_of(*node, "request_id"),
                .function = text_of(*node, "function"),
                .frames = frames_of(node->find_text("stack")),
                .running = ids_of(node->find_text("in_flight"))};
  if (report.how.empty() || !report.is_of_worker) report.how = message;
  for (const std::string_view why : {"reason", "exception", "error", "call"}) {
    const std::string_view said = node->find_text(why);
    if (!said.empty()) report.how.append(": ").append(said);
  }
  if (report.id.empty()) report.id = text_of(*node, "started_by");
  std::erase(report.running, report.id);  // it is among them if it has started the thread
  std::string_view sources = node->find_text("source_lines");
  for (Frame& frame : report.frames) {
    const std::size_t end = std::min(sources.find('\n'), sources.size());
    frame.source = sources.substr(0, end);
    sources.remove_prefix(std::min(end + 1, sources.size()));
  }
  return report;
}

}  // namespace ofn::dev
