// What the local API does to the function: calls, and waits for what it sends.

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "base/nearest.h"
#include "base/random.h"
#include "dev/api_answers.h"
#include "dev/delivered_envelope.h"
#include "dev/event_nodes.h"
#include "dev/local_api_open.h"
#include "dev/replay.h"

namespace ofn::dev {

using document::Node;

namespace {

constexpr std::string_view kIdField = "X-Request-Id";
// How long the report of a call may take when its answer is there.
constexpr std::chrono::milliseconds kReportsWithin(500);
constexpr std::chrono::minutes kLongestWait(60);

const std::string* field_of(const std::vector<std::pair<std::string, std::string>>& fields,
                            std::string_view name) {
  for (const auto& [field, value] : fields) {
    if (same_field_name(field, name)) return &value;
  }
  return nullptr;
}

Node node_of(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::vector<Node> nodes;
  for (const auto& [name, value] : fields)
    nodes.push_back(Node::object({{"name", text_node(name)}, {"value", text_node(value)}}));
  return Node::list(std::move(nodes));
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::optional<std::string> problem_of(const NewestCalls::Wanted& wanted) {
  constexpr std::size_t kLongestTarget = 16384;
  if (!is_token(wanted.method)) return "method: expected a word such as POST";
  const bool is_printable = std::ranges::all_of(
      wanted.target, [](char c) { return c > ' ' && static_cast<unsigned char>(c) < 0x7f; });
  if (!wanted.target.starts_with('/') || !is_printable || wanted.target.size() > kLongestTarget)
    return "path: expected /… of printable ASCII; other bytes are written as %20";
  for (const auto& [name, value] : wanted.fields) {
    if (!is_token(name)) return "fields: expected a name such as X-Trace, found \"" + name + "\"";
    if (!is_line(value)) return "fields: the value of " + name + " has more than one line";
    constexpr std::array<std::string_view, 4> kOurs = {"host", "content-length",
                                                       "transfer-encoding", "connection"};
    if (std::ranges::any_of(kOurs, [&](auto each) { return same_field_name(name, each); }))
      return "fields: " + name + " is set by the sender";
  }
  return std::nullopt;
}

bool is_topic_link(const Link& link) { return link.type.starts_with("pubsub."); }

std::string acknowledgement_of(const NewestCalls::Answer& answer) {
  if (answer.status != 200) return "RETRY";
  return answer.body.find("\"DROP\"") != std::string::npos ? "DROP" : "SUCCESS";
}

}  // namespace

// A call under way, and then until it is reported.
class LocalApi::Call final : public Open {
 public:
  Call(LocalApi& of, wire::ExchangePtr of_client, std::string id, bool is_delivery, Node facts)
      : Open(of, std::move(of_client)),
        id_(std::move(id)),
        is_delivery_(is_delivery),
        facts_(std::move(facts)),
        timer_(of.loop_, [this] { reply(Node()); }) {}

  void answered(Result<NewestCalls::Answer> answer) {
    if (is_over) return;
    if (!answer) {
      answer_error(std::move(exchange), answer.error());
      return end();
    }
    answer_ = *std::move(answer);
    if (report_) return reply(*std::move(report_));
    timer_.arm(api.loop_.clock().now() + kReportsWithin);
  }
  void on(const CallEnded& call) override {
    if (is_over) return;
    const std::string* told = field_of(call.request.fields, kIdField);
    if (call.id != id_ && (told == nullptr || *told != id_)) return;
    report_ = whole(call);
    if (answer_) reply(*std::move(report_));
  }

 private:
  void reply(Node report) {
    if (is_over) return;
    Node object = std::move(facts_);
    const std::string* build = field_of(answer_->fields, "X-OpenFunction-Build");
    object.set("build",
               build == nullptr ? Node::number(0) : Node::scalar(Node::Kind::kNumber, *build));
    object.set("id", text_node(id_));
    object.set("status", Node::number(answer_->status));
    if (is_delivery_) object.set("acknowledgement", acknowledgement_of(*answer_));
    object.set("fields", node_of(answer_->fields));
    set_body(object, answer_->body);
    object.set("cut", bool_node(answer_->is_cut));
    object.set("took_ms", ms_node(answer_->took));
    object.set("waited_ms", ms_node(answer_->waited));
    object.set("older_build", bool_node(answer_->is_of_older));
    if (const Node failed = api.failed_build(); !failed.is(Node::Kind::kNull))
      object.set("failed_build", failed);
    object.set("call", std::move(report));
    answer(std::move(exchange), object);
    end();
  }

  std::string id_;
  bool is_delivery_;
  Node facts_;
  Timer timer_;
  std::optional<NewestCalls::Answer> answer_;
  std::optional<Node> report_;
};

class LocalApi::Wait final : public Open {
 public:
  Wait(LocalApi& of, wire::ExchangePtr of_client, OutputMatch match)
      : Open(of, std::move(of_client)),
        match_(std::move(match)),
        timer_(of.loop_, [this] { reply(Node()); }) {}

  void arm(Duration timeout) { timer_.arm(api.loop_.clock().now() + timeout); }
  bool looked_at(const CallEnded& call) {
    for (const Sent& sent : call.sent) {
      if (is_over || !match_.names(sent)) continue;
      if (!match_.fits(sent)) {
        ++others_;
        last_other_ = dev::node_of(sent);
        continue;
      }
      Node found = dev::node_of(sent);
      found.set("call", text_node(call.id));
      found.set("build", Node::number(call.build));
      found.set("captured", bool_node(call.is_captured));
      reply(std::move(found));
    }
    return is_over;
  }
  void on(const CallEnded& call) override { looked_at(call); }

 private:
  void reply(Node found) {
    if (is_over) return;
    const bool is_found = found.is(Node::Kind::kObject);
    answer(std::move(exchange), Node::object({{"matched", bool_node(is_found)},
                                              {"sent", std::move(found)},
                                              {"others", Node::number(others_)},
                                              {"last_other", std::move(last_other_)}}));
    end();
  }

  OutputMatch match_;
  Timer timer_;
  std::size_t others_ = 0;
  Node last_other_;
};

void LocalApi::wait(wire::ExchangePtr exchange, const Node& asked) {
  AskedMembers members(asked);
  OutputMatch match{.output = members.text("output").value_or(""),
                    .conditions = members.texts("match")};
  const std::chrono::milliseconds timeout(members.number("timeout_ms").value_or(5000));
  const std::chrono::milliseconds since(members.number("since_ms").value_or(0));
  if (timeout > kLongestWait) members.complain("timeout_ms: at most an hour");
  if (auto problem = members.problem())
    return answer_error(std::move(exchange), Error(Code::kInvalidArgument, *problem));
  const auto is_it = [&](const Link& link) { return link.name == match.output; };
  if (!match.output.empty() && options_.serving() != 0 && std::ranges::none_of(outputs_, is_it)) {
    std::vector<std::string> names;
    std::string known;
    for (const Link& link : outputs_) {
      names.push_back(link.name);
      known += (known.empty() ? "" : ", ") + link.name;
    }
    const std::string nearest = nearest_word(match.output, names);
    return answer_error(
        std::move(exchange),
        Error(Code::kNotFound,
              "no output is named \"" + match.output + "\"; " +
                  (names.empty() ? "the context has no outputs" : "the outputs are " + known) +
                  (nearest.empty() ? "" : "; did you mean " + nearest + "?")));
  }
  Wait& wait = keep(std::make_unique<Wait>(*this, std::move(exchange), std::move(match)));
  wait.arm(timeout);
  if (since.count() == 0) return;
  for (const CallEnded& call : *options_.ring) {
    if (call.at < loop_.system_now() - since || wait.looked_at(call)) return;
  }
}

Result<NewestCalls::Wanted> LocalApi::delivery(const Node& asked, bool is_topic) const {
  AskedMembers members(asked);
  const std::string name = members.text("name").value_or("");
  std::vector<std::string> names;
  const Link* found = nullptr;
  for (const Link& link : inputs_) {
    if (is_topic_link(link) != is_topic) continue;
    names.push_back(link.name);
    const bool is_it = link.name == name || (is_topic ? link.to == name : link.component == name);
    if (is_it && found == nullptr) found = &link;
  }
  if (found == nullptr) {
    const std::string kind = is_topic ? "topic" : "binding";
    std::string known;
    for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
    return ofn::fail(Code::kNotFound,
                     "no " + kind + " is named \"" + name + "\"; " +
                         (names.empty() ? "the context has no input that is a " + kind
                                        : "the inputs that are one: " + known));
  }
  NewestCalls::Wanted wanted{.mode = {.is_delivery = true}};
  wanted.fields = members.fields("fields");
  wanted.body = members.body();
  if (!is_topic) {
    wanted.target = "/" + percent_encoded(found->component);
    return wanted;
  }
  const std::string topic = found->to.empty() ? found->name : found->to;
  wanted.target = "/" + percent_encoded(topic);
  const std::string* type = field_of(wanted.fields, "content-type");
  auto envelope = envelope_of({.pubsub = found->component,
                               .topic = topic,
                               .content_type = type == nullptr ? "" : *type,
                               .data = std::move(wanted.body)},
                              loop_.random(), loop_.system_now());
  if (!envelope) return std::unexpected(std::move(envelope).error());
  wanted.body = *std::move(envelope);
  std::erase_if(wanted.fields,
                [](const auto& field) { return same_field_name(field.first, "content-type"); });
  wanted.fields.emplace_back("content-type", "application/cloudevents+json");
  return wanted;
}

void LocalApi::invoke(wire::ExchangePtr exchange, const Node& asked) {
  AskedMembers members(asked);
  const std::string kind = members.text("kind").value_or("request");
  const bool captures = members.flag("capture").value_or(false);
  (void)members.text("name");
  NewestCalls::Wanted wanted{.method = members.text("method").value_or("POST"),
                             .target = members.text("path").value_or("/"),
                             .fields = members.fields("fields"),
                             .body = members.body()};
  if (kind != "request" && kind != "topic" && kind != "binding")
    members.complain("kind: expected request, topic or binding");
  if (auto problem = members.problem())
    return answer_error(std::move(exchange), Error(Code::kInvalidArgument, *problem));
  if (kind != "request") {
    auto delivered = delivery(asked, kind == "topic");
    if (!delivered) return answer_error(std::move(exchange), delivered.error());
    wanted = *std::move(delivered);
  }
  wanted.mode.captures = captures;
  begin(std::move(exchange), std::move(wanted), Node::object());
}

void LocalApi::replay(wire::ExchangePtr exchange, const std::string& id, const Node& asked) {
  AskedMembers members(asked);
  const bool captures = members.flag("capture").value_or(true);
  if (auto problem = members.problem())
    return answer_error(std::move(exchange), Error(Code::kInvalidArgument, *problem));
  const CallEnded* call = call_of(id);
  if (call == nullptr) {
    return answer_error(std::move(exchange),
                        Error(Code::kNotFound, "no call has that id, or it is not kept any more"));
  }
  NewestCalls::Wanted wanted;
  Node left_out = Node::list();
  if (call->kind == "request") {
    auto again = repeated(*call);
    if (!again) return answer_error(std::move(exchange), again.error());
    wanted.method = std::move(again->method);
    wanted.target = std::move(again->target);
    wanted.fields = std::move(again->fields);
    wanted.body = std::move(again->body);
    for (const std::string& name : again->left_out) left_out.add(text_node(name));
  } else if (call->request.body.size() != call->request.size) {
    return answer_error(std::move(exchange),
                        Error(Code::kFailedPrecondition, "its data was not recorded whole"));
  } else {
    Node input = Node::object({{"name", call->path}});
    set_body(input, call->request.body);
    const std::string* type = field_of(call->request.fields, "content-type");
    if (type != nullptr) {
      input.set("fields", Node::list({Node::object({{"name", "content-type"}, {"value", *type}})}));
    }
    auto delivered = delivery(input, call->kind != "binding");
    if (!delivered) return answer_error(std::move(exchange), delivered.error());
    wanted = *std::move(delivered);
  }
  // The new call has an id of its own.
  std::erase_if(wanted.fields,
                [](const auto& field) { return same_field_name(field.first, kIdField); });
  wanted.mode.captures = captures;
  begin(std::move(exchange), std::move(wanted),
        Node::object({{"replayed", text_node(call->id)}, {"left_out", std::move(left_out)}}));
}

void LocalApi::begin(wire::ExchangePtr exchange, NewestCalls::Wanted wanted, Node facts) {
  if (auto problem = problem_of(wanted))
    return answer_error(std::move(exchange), Error(Code::kInvalidArgument, *problem));
  const std::string* given = field_of(wanted.fields, kIdField);
  const std::string id = given == nullptr ? uuid4(loop_.random()) : *given;
  if (given == nullptr) wanted.fields.emplace_back(kIdField, id);
  facts.set("captured", bool_node(wanted.mode.captures));
  Call& call = keep(std::make_unique<Call>(*this, std::move(exchange), id, wanted.mode.is_delivery,
                                           std::move(facts)));
  options_.calls->begin(std::move(wanted),
                        [&call, alive = std::weak_ptr<int>(call.alive)](auto answer) {
                          if (!alive.expired()) call.answered(std::move(answer));
                        });
}

}  // namespace ofn::dev
