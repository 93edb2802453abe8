#include "dev/json_events.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "dev/visible_text.h"
#include "document/json.h"
#include "document/slices.h"

namespace ofn::dev {

namespace {

using document::Node;

Node text_of(const std::string& text) {
  return is_utf8(text) ? Node(text) : Node(document::with_unicode_repaired(text));
}

// Milliseconds, with microseconds behind the point: 310, 1.24.
Node ms_of(Duration duration) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  std::string text = std::to_string(micros / 1000);
  if (const auto rest = micros % 1000; rest > 0) {
    text += '.' + std::to_string(1000 + rest).substr(1);
    while (text.ends_with('0')) text.pop_back();
  }
  return Node::scalar(Node::Kind::kNumber, std::move(text));
}

Node bool_of(bool value) { return Node::scalar(Node::Kind::kBool, value ? "true" : "false"); }

template <class Items, class Convert>
Node list_of(const Items& items, Convert node_of) {
  std::vector<Node> nodes;
  nodes.reserve(items.size());
  for (const auto& item : items) nodes.push_back(node_of(item));
  return Node::list(std::move(nodes));
}

Node node_of(const Diagnostic& diagnostic) {
  return Node::object({{"file", text_of(diagnostic.file)},
                       {"line", Node::number(diagnostic.line)},
                       {"column", Node::number(diagnostic.column)},
                       {"severity", text_of(diagnostic.severity)},
                       {"message", text_of(diagnostic.message)}});
}

Node node_of(const ServedFunction& function) {
  return Node::object({{"name", text_of(function.name)},
                       {"signature", text_of(function.signature)},
                       {"routes", list_of(function.routes, text_of)}});
}

Node node_of(const Link& link) {
  return Node::object({{"name", text_of(link.name)},
                       {"component", text_of(link.component)},
                       {"type", text_of(link.type)},
                       {"to", text_of(link.to)}});
}

Node node_of(const OutputTold& output) {
  return Node::object({{"name", text_of(output.name)},
                       {"component", text_of(output.component)},
                       {"outcome", text_of(output.outcome)},
                       {"tries", Node::number(output.tries)},
                       {"took_ms", ms_of(output.took)}});
}

Node node_of(const Frame& frame) {
  return Node::object({{"function", text_of(frame.function)},
                       {"file", text_of(frame.file)},
                       {"line", Node::number(frame.line)},
                       {"source", text_of(frame.source)}});
}

Node node_of(const Thrown& thrown) {
  return Node::object(
      {{"type", text_of(thrown.type)},
       {"what", text_of(thrown.what)},
       {"frames", list_of(thrown.frames, [](const Frame& frame) { return node_of(frame); })}});
}

template <class Item>
Node nodes_of(const std::vector<Item>& items) {
  return list_of(items, [](const Item& item) { return node_of(item); });
}

std::string_view word_of(StillRuns::Why why) {
  switch (why) {
    case StillRuns::Why::kLong:
      return "long";
    case StillRuns::Why::kTimeLimit:
      return "time limit";
    case StillRuns::Why::kReload:
      return "reload";
    case StillRuns::Why::kStart:
      return "start";
  }
  return "long";
}

std::string_view word_of(Told::Weight weight) {
  switch (weight) {
    case Told::Weight::kInfo:
      return "info";
    case Told::Weight::kWarning:
      return "warning";
    case Told::Weight::kError:
      return "error";
  }
  return "error";
}

}  // namespace

Node JsonEvents::begin(std::string_view event) {
  Node object = Node::object();
  if (std::exchange(is_first_, false)) object.set("version", Node::number(kVersion));
  object.set("event", event);
  object.set("time", timestamp(clock_.system_now()));
  return object;
}

void JsonEvents::write(const Node& object) { write_(document::to_json(object) += '\n'); }

void JsonEvents::write_diagnostics(unsigned build, const std::vector<Diagnostic>& diagnostics,
                                   const std::string& text) {
  if (diagnostics.empty() && text.empty()) return;
  Node object = begin("diagnostics");
  object.set("build", Node::number(build));
  object.set("diagnostics", nodes_of(diagnostics));
  object.set("text", text_of(text));
  write(object);
}

void JsonEvents::on(const Started& event) {
  url_ = event.url;
  Node object = begin("started");
  object.set("framework", text_of(event.version));
  object.set("source", text_of(event.source));
  object.set("url", text_of(event.url));
  object.set("sidecar", text_of(event.sidecar));
  object.set("note", text_of(event.note));
  write(object);
}

void JsonEvents::on(const BuildStarted& event) {
  Node object = begin("build_started");
  object.set("build", Node::number(event.build));
  object.set("changed", list_of(event.changed, text_of));
  write(object);
}

void JsonEvents::on(const BuildFailed& event) {
  write_diagnostics(event.build, event.diagnostics, event.text);
  Node object = begin("build_failed");
  object.set("build", Node::number(event.build));
  object.set("serving", Node::number(event.serving));
  object.set("text", text_of(event.text));
  write(object);
}

void JsonEvents::on(const ServingBuild& event) {
  write_diagnostics(event.build, event.diagnostics, event.warnings);
  Node object = begin("serving");
  object.set("build", Node::number(event.build));
  object.set("url", text_of(url_));
  object.set("cached", bool_of(event.was_cached));
  object.set("detect_ms", ms_of(event.times.detect));
  object.set("compile_ms", ms_of(event.times.compile));
  object.set("start_ms", ms_of(event.times.start));
  object.set("hand_over_ms", ms_of(event.times.hand_over));
  object.set("whole_ms", ms_of(event.times.whole));
  object.set("functions", nodes_of(event.functions));
  object.set("inputs", nodes_of(event.inputs));
  object.set("outputs", nodes_of(event.outputs));
  write(object);
}

void JsonEvents::on(const CallEnded& event) {
  Node object = begin("request");
  object.set("build", Node::number(event.build));
  object.set("id", text_of(event.id));
  object.set("kind", text_of(event.kind));
  object.set("method", text_of(event.method));
  object.set("path", text_of(event.path));
  object.set("function", text_of(event.function));
  object.set("route", text_of(event.route));
  object.set("verdict", text_of(event.verdict));
  object.set("refusal", text_of(event.refusal));
  object.set("status", Node::number(event.status));
  object.set("answered_ms", ms_of(event.answered));
  object.set("waited_ms", ms_of(event.waited));
  object.set("ran_ms", ms_of(event.ran));
  object.set("delivered_ms", ms_of(event.delivered));
  object.set("ran_on", text_of(event.ran_on));
  object.set("bytes_in", Node::number(event.bytes_in));
  object.set("bytes_out", Node::number(event.bytes_out));
  object.set("outputs", nodes_of(event.outputs));
  object.set("thrown", event.thrown ? node_of(*event.thrown) : Node());
  write(object);
}

void JsonEvents::on(const WorkerCrashed& event) {
  Node object = begin("crash");
  object.set("build", Node::number(event.build));
  object.set("how", text_of(event.how));
  object.set("by", text_of(event.by));
  object.set("frames", nodes_of(event.frames));
  object.set("running", list_of(event.running, text_of));
  object.set("again_in_ms", event.again_in ? ms_of(*event.again_in) : Node());
  write(object);
}

void JsonEvents::on(const StillRuns& event) {
  Node object = begin("still_runs");
  object.set("build", Node::number(event.build));
  object.set("why", word_of(event.why));
  object.set("id", text_of(event.id));
  object.set("call", text_of(event.call));
  object.set("function", text_of(event.function));
  object.set("since", timestamp(event.since));
  object.set("used_ms", ms_of(event.used));
  object.set("frames", nodes_of(event.frames));
  write(object);
}

void JsonEvents::on(const Told& event) {
  Node object = begin("note");
  object.set("weight", word_of(event.weight));
  object.set("text", text_of(event.text));
  write(object);
}

}  // namespace ofn::dev
