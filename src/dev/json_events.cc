#include "dev/json_events.h"

#include "dev/event_nodes.h"
#include "dev/visible_text.h"
#include "document/json.h"

namespace ofn::dev {

namespace {

using document::Node;

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
  object.set("text", text_node(text));
  write(object);
}

void JsonEvents::on(const Started& event) {
  url_ = event.url;
  Node object = begin("started");
  object.set("framework", text_node(event.version));
  object.set("source", text_node(event.source));
  object.set("url", text_node(event.url));
  object.set("sidecar", text_node(event.sidecar));
  object.set("note", text_node(event.note));
  write(object);
}

void JsonEvents::on(const BuildStarted& event) {
  Node object = begin("build_started");
  object.set("build", Node::number(event.build));
  object.set("changed", text_nodes(event.changed));
  write(object);
}

void JsonEvents::on(const BuildFailed& event) {
  write_diagnostics(event.build, event.diagnostics, event.text);
  Node object = begin("build_failed");
  object.set("build", Node::number(event.build));
  object.set("serving", Node::number(event.serving));
  object.set("text", text_node(event.text));
  write(object);
}

void JsonEvents::on(const ServingBuild& event) {
  write_diagnostics(event.build, event.diagnostics, event.warnings);
  Node object = begin("serving");
  object.set("build", Node::number(event.build));
  object.set("url", text_node(url_));
  object.set("cached", bool_node(event.was_cached));
  object.set("detect_ms", ms_node(event.times.detect));
  object.set("compile_ms", ms_node(event.times.compile));
  object.set("start_ms", ms_node(event.times.start));
  object.set("hand_over_ms", ms_node(event.times.hand_over));
  object.set("whole_ms", ms_node(event.times.whole));
  object.set("functions", nodes_of(event.functions));
  object.set("inputs", nodes_of(event.inputs));
  object.set("outputs", nodes_of(event.outputs));
  write(object);
}

void JsonEvents::on(const CallEnded& event) {
  Node object = begin("request");
  set_members(object, event);
  write(object);
}

void JsonEvents::on(const WorkerCrashed& event) {
  Node object = begin("crash");
  object.set("build", Node::number(event.build));
  object.set("how", text_node(event.how));
  object.set("by", text_node(event.by));
  object.set("frames", nodes_of(event.frames));
  object.set("running", text_nodes(event.running));
  object.set("again_in_ms", event.again_in ? ms_node(*event.again_in) : Node());
  write(object);
}

void JsonEvents::on(const StillRuns& event) {
  Node object = begin("still_runs");
  object.set("build", Node::number(event.build));
  object.set("why", word_of(event.why));
  object.set("id", text_node(event.id));
  object.set("call", text_node(event.call));
  object.set("function", text_node(event.function));
  object.set("since", timestamp(event.since));
  object.set("used_ms", ms_node(event.used));
  object.set("frames", nodes_of(event.frames));
  write(object);
}

void JsonEvents::on(const Told& event) {
  Node object = begin("note");
  object.set("weight", word_of(event.weight));
  object.set("text", text_node(event.text));
  write(object);
}

}  // namespace ofn::dev
