#include "cli/loop_commands.h"

#include <cstdio>
#include <string_view>

#include "cli/json_result.h"
#include "cli/running_instance.h"
#include "cli/shown_call.h"
#include "cli/streams.h"
#include "dev/call_filter.h"
#include "dev/event_nodes.h"
#include "dev/visible_text.h"
#include "document/json.h"

namespace ofn::cli {

namespace {

using document::Node;

int complain(const NoInstance& problem) { return complain(problem.text, problem.code); }

// The answer with the members that all results have.
[[nodiscard]] Exit print_answer(std::string_view command, const Node& answer) {
  Node result = result_of(command, {});
  for (const Node& member : answer.members()) result.set(member.key(), member);
  return print(document::to_json(result) + "\n");
}

// Lines of the function's log have their own time.
std::string line_text(const Node& line) {
  if (line.find_text("from") != "loop") return dev::visible(line.find_text("text")) + "\n";
  const std::string time = member_text(line, "time");
  return (time.size() >= 19 ? time.substr(11, 8) : time) + " " +
         dev::visible(line.find_text("text")) + "\n";
}

std::string query_of(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string query;
  for (const auto& [name, value] : parameters) {
    query.append(query.empty() ? "?" : "&")
        .append(name)
        .append("=")
        .append(dev::percent_encoded(value));
  }
  return query;
}

// Shows each line of a stream as it comes, until the loop ends or nobody reads it.
int follow(const dev::ApiClient& client, const std::string& target, bool json,
           std::string (*text_of)(const Node&)) {
  Exit printed = kExitOk;
  const auto reply = client.follow(target, [&](std::string_view line) {
    std::string text(line);
    text += '\n';
    const auto node = json ? std::nullopt : document::json_value(line);
    if (node) {
      const std::string missed = member_text(*node, "missed");
      text = missed.empty() ? text_of(*node) : "… " + missed + " more\n";
    }
    printed = print(text);
    flush_output();
    return printed == kExitOk;
  });
  if (!reply) return complain(reply.error().message(), kExitNoInstance);
  if (reply->status != 200) return complain(read_reply(*reply).error());
  return printed;
}

std::string call_line(const Node& call) { return line_of(call) + "\n"; }

}  // namespace

int requests(const RequestsCommand& command, const Environment& env) {
  const auto instance = running_instance(command.instance, env);
  if (!instance) return complain(instance.error());
  const dev::ApiClient client(instance->socket);
  if (!command.id.empty()) {
    const auto call = ask(client, "GET", "/api/v1/requests/" + dev::percent_encoded(command.id));
    if (!call) return complain(call.error());
    return command.json ? print_answer("requests", *call) : print(whole_text(*call));
  }
  auto parameters = command.filters;
  if (command.follows) {
    parameters.emplace_back("follow", "true");
    return follow(client, "/api/v1/requests" + query_of(parameters), command.json, call_line);
  }
  const auto listed = ask(client, "GET", "/api/v1/requests" + query_of(parameters));
  if (!listed) return complain(listed.error());
  if (command.json) return print_answer("requests", *listed);
  const Node* calls = listed->find("requests");
  if (calls == nullptr || calls->items().empty()) {
    complain("no call is kept that fits; make one: functions-framework invoke");
    return kExitOk;
  }
  std::string text;
  for (const Node& call : calls->items()) text += call_line(call);
  return print(text);
}

int replay(const ReplayCommand& command, const Environment& env) {
  const auto instance = running_instance(command.instance, env);
  if (!instance) return complain(instance.error());
  const dev::ApiClient client(instance->socket);
  const auto answered =
      ask(client, "POST", "/api/v1/requests/" + dev::percent_encoded(command.id) + "/replay",
          document::to_json(Node::object({{"capture", dev::bool_node(!command.sends)}})));
  if (!answered) return complain(answered.error());
  const std::string status = member_text(*answered, "status");
  const int code = status >= "400" ? kExitBadAnswer : kExitOk;
  if (command.json) {
    const Exit printed = print_answer("replay", *answered);
    return printed == kExitOk ? code : printed;
  }
  std::string head = status + " in " + member_text(*answered, "took_ms") + " ms · build " +
                     member_text(*answered, "build") + " · " +
                     dev::visible(member_text(*answered, "id"));
  if (const std::string failed = member_text(*answered, "failed_build"); !failed.empty())
    head += " · build " + failed + " failed, `ff logs` says why";
  head += '\n';
  if (const Node* names = answered->find("left_out"); names && !names->items().empty()) {
    head += "sent again without";
    for (const Node& name : names->items()) head += " " + dev::visible(name.text());
    head += ": the values of secrets are not recorded\n";
  }
  if (const Node* call = answered->find_value("call")) {
    if (const Node* all = call->find("sent")) {
      for (const Node& sent : all->items()) head += sent_text(sent);
    }
  }
  std::fwrite(head.data(), 1, head.size(), stderr);
  const Exit printed = print(dev::visible(body_of(*answered), dev::Lines::kSeveral));
  return printed == kExitOk ? code : printed;
}

int wait_for_output(const WaitCommand& command, const Environment& env) {
  const auto instance = running_instance(command.instance, env);
  if (!instance) return complain(instance.error());
  Node match = Node::object();
  for (const auto& [name, value] : command.conditions) match.set(name, dev::text_node(value));
  const auto waited =
      ask(dev::ApiClient(instance->socket), "POST", "/api/v1/wait",
          document::to_json(Node::object({{"output", dev::text_node(command.output)},
                                          {"match", std::move(match)},
                                          {"timeout_ms", Node::number(command.timeout_ms)},
                                          {"since_ms", Node::number(command.since_ms)}})));
  if (!waited) return complain(waited.error());
  const bool is_found = member_text(*waited, "matched") == "true";
  const std::string others = member_text(*waited, "others");
  if (command.json) {
    const Exit printed = print_answer("wait", *waited);
    return printed == kExitOk && !is_found ? kExitFailure : printed;
  }
  if (is_found) {
    const Node& sent = *waited->find("sent");
    return print(sent_text(sent) + "  by call " + dev::visible(member_text(sent, "call")) +
                 " · build " + member_text(sent, "build") + " · " + others +
                 " before it did not match\n");
  }
  std::string text = "nothing that matches was sent in time; " + others + " did not match";
  if (const Node* last = waited->find_value("last_other"))
    text += ", such as:\n" + sent_text(*last);
  while (text.ends_with('\n')) text.pop_back();
  return complain(text, kExitFailure);
}

int logs(const LogsCommand& command, const Environment& env) {
  const auto instance = running_instance(command.instance, env);
  if (!instance) return complain(instance.error());
  const dev::ApiClient client(instance->socket);
  const std::string target = "/api/v1/logs?limit=" + std::to_string(command.lines);
  if (command.follows) return follow(client, target + "&follow=true", command.json, line_text);
  const auto kept = ask(client, "GET", target);
  if (!kept) return complain(kept.error());
  if (command.json) return print_answer("logs", *kept);
  std::string text;
  if (const Node* lines = kept->find("lines")) {
    for (const Node& line : lines->items()) text += line_text(line);
  }
  return print(text);
}

}  // namespace ofn::cli
