#include "dev/event_nodes.h"

#include <chrono>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"
#include "document/json.h"
#include "document/slices.h"

namespace ofn::dev {

using document::Node;

Node text_node(const std::string& text) {
  return is_utf8(text) ? Node(text) : Node(document::with_unicode_repaired(text));
}

// Milliseconds, with microseconds behind the point: 310, 1.24.
Node ms_node(Duration duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  std::string text = std::to_string(micros / 1000);
  if (const auto rest = micros % 1000; rest > 0) {
    text += '.' + std::to_string(1000 + rest).substr(1);
    while (text.ends_with('0')) text.pop_back();
  }
  return Node::scalar(Node::Kind::kNumber, std::move(text));
}

Node bool_node(bool value) { return Node::scalar(Node::Kind::kBool, value ? "true" : "false"); }

Node text_nodes(const std::vector<std::string>& texts) {
  std::vector<Node> nodes;
  nodes.reserve(texts.size());
  for (const std::string& text : texts) nodes.push_back(text_node(text));
  return Node::list(std::move(nodes));
}

Node node_of(const Diagnostic& diagnostic) {
  return Node::object({{"file", text_node(diagnostic.file)},
                       {"line", Node::number(diagnostic.line)},
                       {"column", Node::number(diagnostic.column)},
                       {"severity", text_node(diagnostic.severity)},
                       {"message", text_node(diagnostic.message)}});
}

Node node_of(const ServedFunction& function) {
  return Node::object({{"name", text_node(function.name)},
                       {"signature", text_node(function.signature)},
                       {"routes", text_nodes(function.routes)}});
}

Node described(const ServedFunction& function) {
  Node object = node_of(function);
  auto schema = function.schema.empty() ? std::nullopt : document::json_value(function.schema);
  object.set("schema", schema ? *std::move(schema) : Node());
  return object;
}

Node node_of(const Link& link) {
  return Node::object({{"name", text_node(link.name)},
                       {"component", text_node(link.component)},
                       {"type", text_node(link.type)},
                       {"to", text_node(link.to)}});
}

Node node_of(const OutputTold& output) {
  return Node::object({{"name", text_node(output.name)},
                       {"component", text_node(output.component)},
                       {"outcome", text_node(output.outcome)},
                       {"tries", Node::number(output.tries)},
                       {"took_ms", ms_node(output.took)}});
}

Node node_of(const Frame& frame) {
  return Node::object({{"function", text_node(frame.function)},
                       {"file", text_node(frame.file)},
                       {"line", Node::number(frame.line)},
                       {"source", text_node(frame.source)}});
}

Node node_of(const Thrown& thrown) {
  return Node::object({{"type", text_node(thrown.type)},
                       {"what", text_node(thrown.what)},
                       {"frames", nodes_of(thrown.frames)}});
}

void set_members(Node& object, const CallEnded& call) {
  object.set("build", Node::number(call.build));
  object.set("id", text_node(call.id));
  object.set("kind", text_node(call.kind));
  object.set("method", text_node(call.method));
  object.set("path", text_node(call.path));
  object.set("function", text_node(call.function));
  object.set("route", text_node(call.route));
  object.set("verdict", text_node(call.verdict));
  object.set("refusal", text_node(call.refusal));
  object.set("status", Node::number(call.status));
  object.set("answered_ms", ms_node(call.answered));
  object.set("waited_ms", ms_node(call.waited));
  object.set("ran_ms", ms_node(call.ran));
  object.set("delivered_ms", ms_node(call.delivered));
  object.set("ran_on", text_node(call.ran_on));
  object.set("bytes_in", Node::number(call.bytes_in));
  object.set("bytes_out", Node::number(call.bytes_out));
  object.set("outputs", nodes_of(call.outputs));
  object.set("thrown", call.thrown ? node_of(*call.thrown) : Node());
}

void set_body(Node& object, const std::string& body) {
  if (is_utf8(body)) {
    object.set("body", body);
  } else {
    object.set("body_base64", base64_encode(body));
  }
}

Node node_of(const Content& content) {
  std::vector<Node> fields;
  fields.reserve(content.fields.size());
  for (const auto& [name, value] : content.fields)
    fields.push_back(Node::object({{"name", text_node(name)}, {"value", text_node(value)}}));
  Node object = Node::object({{"fields", Node::list(std::move(fields))}});
  set_body(object, content.body);
  object.set("size", Node::number(content.size));
  return object;
}

Node node_of(const Sent& sent) {
  return Node::object({{"output", text_node(sent.output)},
                       {"component", text_node(sent.component)},
                       {"topic", text_node(sent.topic)},
                       {"operation", text_node(sent.operation)},
                       {"outcome", text_node(sent.outcome)},
                       {"content", node_of(sent.content)}});
}

}  // namespace ofn::dev
