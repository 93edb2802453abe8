#include "dev/local_api.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "dev/api_answers.h"
#include "dev/event_nodes.h"
#include "dev/local_api_open.h"
#include "dev/visible_text.h"
#include "document/json.h"

namespace ofn::dev {

using document::Node;

namespace {

constexpr std::string_view kRoot = "/api/v1/";
constexpr std::size_t kMostBuilds = 50;
constexpr std::size_t kMostLines = 5000;

Node node_of(const LogLine& line) {
  return Node::object({{"number", Node::number(line.number)},
                       {"time", timestamp(line.at)},
                       {"from", line.from == LogLine::From::kLoop ? "loop" : "function"},
                       {"text", text_node(line.text)}});
}

// "requests/1f/replay" → "1f", if it ends so.
std::optional<std::string> id_in(std::string_view path, std::string_view end) {
  constexpr std::string_view kBegin = "requests/";
  if (!path.starts_with(kBegin) || !path.ends_with(end)) return std::nullopt;
  path.remove_prefix(kBegin.size());
  if (path.size() <= end.size()) return std::nullopt;
  path.remove_suffix(end.size());
  if (path.find('/') != std::string_view::npos) return std::nullopt;
  return percent_decoded(path);
}

bool is_get(std::string_view path) {
  constexpr std::array<std::string_view, 5> kPaths = {"instance", "status", "builds", "requests",
                                                      "logs"};
  return std::ranges::find(kPaths, path) != kPaths.end() || id_in(path, "").has_value();
}

bool is_post(std::string_view path) {
  return path == "invoke" || path == "wait" || id_in(path, "/replay").has_value();
}

Error not_found(std::string_view path) {
  const std::vector<std::string> known = {"instance", "status", "builds", "requests",
                                          "logs",     "invoke", "wait"};
  const std::string nearest = nearest_word(path, known);
  return {Code::kNotFound, "nothing is at " + std::string(kRoot) + std::string(path) +
                               (nearest.empty() ? "" : "; did you mean " + nearest + "?")};
}

}  // namespace

Node summary_of(const CallEnded& call) {
  Node object = Node::object({{"time", timestamp(call.at)}});
  set_members(object, call);
  object.set("failed", bool_node(has_failed(call)));
  object.set("captured", bool_node(call.is_captured));
  Node sent = Node::list();
  for (const Sent& one : call.sent) {
    sent.add(Node::object({{"output", text_node(one.output)},
                           {"component", text_node(one.component)},
                           {"topic", text_node(one.topic)},
                           {"operation", text_node(one.operation)},
                           {"outcome", text_node(one.outcome)},
                           {"size", Node::number(one.content.size)}}));
  }
  object.set("sent", std::move(sent));
  return object;
}

Node whole(const CallEnded& call) {
  Node object = summary_of(call);
  object.set("request", dev::node_of(call.request));
  object.set("answer", dev::node_of(call.answer));
  object.set("sent", nodes_of(call.sent));
  return object;
}

LocalApi::LocalApi(Loop& loop, Options options) : loop_(loop), options_(std::move(options)) {
  options_.log->on_line([this](const LogLine& line) {
    for (const auto& open : open_) open->on(line);
  });
}

LocalApi::~LocalApi() { options_.log->on_line({}); }

void LocalApi::drop(const Open& open) {
  open_.remove_if([&](const auto& one) { return one.get() == &open; });
}

bool LocalApi::is_full(wire::ExchangePtr& exchange) const {
  if (open_.size() < kMostOpen) return false;
  answer_error(std::move(exchange),
               Error(Code::kResourceExhausted, "too many requests wait for an answer"));
  return true;
}

void LocalApi::handle(wire::ExchangePtr exchange) {
  const wire::Message& message = exchange->request();
  const std::size_t question = std::min(message.target.find('?'), message.target.size());
  std::string_view path = message.target.substr(0, question);
  const std::string query(message.target.substr(std::min(question + 1, message.target.size())));
  if (!path.starts_with(kRoot)) {
    return answer_error(std::move(exchange),
                        Error(Code::kNotFound, "the API is below " + std::string(kRoot)));
  }
  const std::string name(path.substr(kRoot.size()));
  const bool gets = is_get(name);
  const bool posts = is_post(name);
  if (!gets && !posts) return answer_error(std::move(exchange), not_found(name));
  if (message.method != (gets ? "GET" : "POST")) {
    return answer_error(
        std::move(exchange),
        Error(Code::kUnimplemented, std::string("the method is ") + (gets ? "GET" : "POST")));
  }
  gets ? get(std::move(exchange), name, query) : post(std::move(exchange), name);
}

void LocalApi::get(wire::ExchangePtr exchange, std::string_view path, std::string_view query) {
  if (path == "logs") return logs(std::move(exchange), query);
  if (path == "requests") {
    auto filter = CallFilter::parse(query);
    if (!filter) return answer_error(std::move(exchange), filter.error());
    return list(std::move(exchange), *filter);
  }
  if (const auto id = id_in(path, "")) {
    const CallEnded* call = call_of(*id);
    if (call != nullptr) return answer(std::move(exchange), whole(*call));
    return answer_error(std::move(exchange),
                        Error(Code::kNotFound, "no call has the id \"" + visible(*id) +
                                                   "\", or it is not kept any more"));
  }
  if (path == "status") {
    if (query != "settled=true" || options_.coming() == 0)
      return answer(std::move(exchange), status());
    if (is_full(exchange)) return;
    keep(std::make_unique<Settling>(*this, std::move(exchange)));
    return;
  }
  if (path == "builds") {
    return answer(std::move(exchange),
                  Node::object({{"builds", Node::list({builds_.begin(), builds_.end()})}}));
  }
  const Instance& instance = options_.instance;
  answer(std::move(exchange), Node::object({{"version", Node::number(kVersion)},
                                            {"name", text_node(instance.name)},
                                            {"framework", text_node(instance.version)},
                                            {"pid", Node::number(instance.pid)},
                                            {"source", text_node(instance.source)},
                                            {"folder", text_node(instance.folder)},
                                            {"url", text_node(instance.url)},
                                            {"started", text_node(instance.started)},
                                            {"sidecar", text_node(started_.sidecar)}}));
}

void LocalApi::post(wire::ExchangePtr exchange, std::string_view path) {
  const std::string_view body = exchange->request().body;
  const auto asked = document::json_value(body.empty() ? "{}" : body);
  if (!asked || !asked->is(Node::Kind::kObject)) {
    return answer_error(std::move(exchange),
                        Error(Code::kInvalidArgument, "the body is no JSON object"));
  }
  if (is_full(exchange)) return;
  if (path == "wait") return wait(std::move(exchange), *asked);
  if (path == "invoke") return invoke(std::move(exchange), *asked);
  replay(std::move(exchange), *id_in(path, "/replay"), *asked);
}

Node LocalApi::status() const {
  Node functions = Node::list();
  for (const ServedFunction& function : functions_) functions.add(described(function));
  std::string state = "none";
  if (!builds_.empty()) state = builds_.back().find_text("state");
  return Node::object({{"serving", Node::number(options_.serving())},
                       {"coming", Node::number(options_.coming())},
                       {"state", state},
                       {"build", builds_.empty() ? Node() : builds_.back()},
                       {"crash", crash_},
                       {"functions", std::move(functions)},
                       {"inputs", nodes_of(inputs_)},
                       {"outputs", nodes_of(outputs_)}});
}

Node LocalApi::failed_build() const {
  if (builds_.empty() || builds_.back().find_text("state") != "failed") return {};
  const Node* const number = builds_.back().find("build");
  return number == nullptr ? Node() : Node::scalar(Node::Kind::kNumber, number->text());
}

const CallEnded* LocalApi::call_of(std::string_view id) const {
  return id == "last" ? options_.ring->latest() : options_.ring->find(id);
}

void LocalApi::list(wire::ExchangePtr exchange, const CallFilter& filter) {
  std::vector<Node> calls;  // the newest first
  for (const CallEnded& call : *options_.ring) {
    if (calls.size() >= filter.limit) break;
    if (filter.wants(call)) calls.push_back(summary_of(call));
  }
  if (!filter.follows)
    return answer(std::move(exchange), Node::object({{"requests", Node::list(std::move(calls))}}));
  if (is_full(exchange)) return;
  Stream& stream = keep(std::make_unique<Stream>(*this, std::move(exchange), filter));
  std::ranges::reverse(calls);
  for (const Node& call : calls) stream.write(call);
}

void LocalApi::logs(wire::ExchangePtr exchange, std::string_view query) {
  bool follows = false;
  std::size_t limit = 1000;
  std::string problem;
  each_parameter(query, [&](const std::string& name, const std::string& value) {
    const auto filter = CallFilter::parse(name + "=" + value);
    if ((name != "follow" && name != "limit") || !filter) {
      problem = filter ? "unknown parameter \"" + name + "\"" : filter.error().message();
    } else if (name == "follow") {
      follows = filter->follows;
    } else {
      limit = std::min(filter->limit, kMostLines);
    }
    return problem.empty();
  });
  if (!problem.empty())
    return answer_error(std::move(exchange), Error(Code::kInvalidArgument, problem));
  const std::deque<LogLine>& lines = options_.log->lines();
  std::vector<Node> nodes;
  for (std::size_t at = lines.size() - std::min(limit, lines.size()); at < lines.size(); ++at)
    nodes.push_back(node_of(lines[at]));
  if (!follows)
    return answer(std::move(exchange), Node::object({{"lines", Node::list(std::move(nodes))}}));
  if (is_full(exchange)) return;
  Stream& stream = keep(std::make_unique<Stream>(*this, std::move(exchange), std::nullopt));
  for (const Node& line : nodes) stream.write(line);
}

// Later, because the supervisor is still at work when it tells of a build.
void LocalApi::look_again() {
  loop_.post([this] {
    if (options_.coming() != 0) return;
    for (const auto& open : open_) open->settled();
  });
}

void LocalApi::Stream::on(const LogLine& line) {
  if (!filter_) write(node_of(line));
}

void LocalApi::on(const Started& event) { started_ = event; }

void LocalApi::on(const BuildStarted& event) {
  crash_ = Node();
  builds_.push_back(Node::object({{"build", Node::number(event.build)},
                                  {"state", "building"},
                                  {"time", timestamp(loop_.system_now())},
                                  {"changed", text_nodes(event.changed)},
                                  {"text", ""},
                                  {"diagnostics", Node::list()},
                                  {"whole_ms", Node::number(0)}}));
  if (builds_.size() > kMostBuilds) builds_.pop_front();
}

void LocalApi::on(const BuildFailed& event) {
  look_again();
  if (builds_.empty()) return;
  builds_.back().set("state", "failed");
  builds_.back().set("text", text_node(event.text));
  builds_.back().set("diagnostics", nodes_of(event.diagnostics));
}

void LocalApi::on(const ServingBuild& event) {
  look_again();
  functions_ = event.functions;
  inputs_ = event.inputs;
  outputs_ = event.outputs;
  if (builds_.empty()) return;
  Node& build = builds_.back();
  // A build that serves again after a crash may be older than one that failed.
  const Node* number = build.find("build");
  if (number == nullptr || number->text() != std::to_string(event.build)) return;
  build.set("state", "serving");
  build.set("text", text_node(event.warnings));
  build.set("diagnostics", nodes_of(event.diagnostics));
  build.set("whole_ms", ms_node(event.times.whole));
}

void LocalApi::on(const CallEnded& event) {
  for (const auto& open : open_) open->on(event);
}

void LocalApi::on(const WorkerCrashed& event) {
  crash_ = Node::object({{"build", Node::number(event.build)},
                         {"time", timestamp(loop_.system_now())},
                         {"how", text_node(event.how)},
                         {"by", text_node(event.by)},
                         {"frames", nodes_of(event.frames)},
                         {"running", text_nodes(event.running)}});
}

}  // namespace ofn::dev
