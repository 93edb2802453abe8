#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <system_error>
#include <unistd.h>

#include <ofn/field.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/nearest.h"
#include "base/random.h"
#include "base/utf8.h"
#include "cli/canned_events.h"
#include "cli/command_line.h"
#include "cli/json_result.h"
#include "cli/loop_commands.h"
#include "cli/running_instance.h"
#include "cli/shown_call.h"
#include "cli/streams.h"
#include "dev/event_nodes.h"
#include "dev/example_value.h"
#include "dev/visible_text.h"
#include "document/json.h"
#include "wire/blocking/curl_client.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using dev::visible;
using document::Node;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kMostData = std::size_t{10} << 20;
constexpr std::chrono::minutes kUrlWithin(5);

struct Payload {
  std::string body{};
  bool is_given = false;  // by a flag, a file or an example
};

void say(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

bool has(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [&](const auto& field) { return same_field_name(field.first, name); });
}

std::expected<std::string, std::string> read_whole(std::istream& in, const std::string& name) {
  std::string data(std::istreambuf_iterator<char>(in), {});
  if (in.bad()) return std::unexpected("cannot read " + name);
  if (data.size() > kMostData)
    return std::unexpected(name + " has more than " + dev::count_text(kMostData) + " bytes");
  return data;
}

// One call as it will be asked for.
struct Asked {
  std::string kind = "request";
  std::string name{};  // of a topic or binding
  std::string method{};
  std::string path = "/";
  Fields fields{};
  std::string body{};
  Node schema{};
};

class Invoking {
 public:
  Invoking(const InvokeCommand& command, const Environment& env) : command_(command), env_(env) {}

  int run() {
    if (!command_.url.empty()) return run_url();
    auto instance = running_instance(command_.instance, env_);
    if (!instance) return complain(instance.error().text, instance.error().code);
    folder_ = instance->folder;
    const dev::ApiClient client(instance->socket);
    // The newest build may have other functions.
    auto status = ask(client, "GET", "/api/v1/status?settled=true");
    if (!status) return complain(status.error().text, status.error().code);
    if (auto problem = prepare(*status)) return complain(*problem, kExitUsage);
    if (auto problem = save()) return complain(*problem, kExitFailure);
    const std::string body = document::to_json(api_request());
    if (command_.times > 1) return run_often(client, body);
    auto answered = ask(client, "POST", "/api/v1/invoke", body);
    if (!answered) {
      if (member_text(*status, "state") == "failed") tell_build(*status);
      return complain(answered.error().text, answered.error().code);
    }
    return show(*answered);
  }

 private:
  std::string now() const { return dev::timestamp(SystemClock().system_now()); }

  std::optional<std::string> read_payload() {
    if (!command_.example.empty()) {
      auto event = canned_event(command_.example, now());
      payload_ = {.body = std::move(event->body), .is_given = true};
      std::ranges::move(event->fields, std::back_inserter(asked_.fields));
    } else if (command_.data) {
      payload_ = {.body = *command_.data, .is_given = true};
    } else if (command_.file == "-") {
      std::string data;
      std::array<char, 65536> buffer{};
      for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), stdin)) > 0 &&
                                 data.size() <= kMostData;)
        data.append(buffer.data(), size);
      if (data.size() > kMostData) return "standard input has too many bytes";
      payload_ = {.body = std::move(data), .is_given = true};
    } else if (!command_.file.empty()) {
      std::ifstream in(command_.file, std::ios::binary);
      if (!in) return "cannot open " + command_.file;
      auto data = read_whole(in, command_.file);
      if (!data) return data.error();
      payload_ = {.body = *std::move(data), .is_given = true};
    }
    return std::nullopt;
  }

  // Decides what is sent, by what the function is.
  std::optional<std::string> prepare(const Node& status) {
    if (auto problem = read_payload()) return problem;
    if (!command_.topic.empty() || !command_.binding.empty()) {
      asked_.kind = command_.topic.empty() ? "binding" : "topic";
      asked_.name = command_.topic.empty() ? command_.binding : command_.topic;
    } else if (auto problem = choose_function(status)) {
      return problem;
    }
    make_default();
    if (command_.is_event) wrap();
    for (const auto& field : command_.fields) {
      std::erase_if(asked_.fields,
                    [&](const auto& other) { return same_field_name(other.first, field.first); });
    }
    std::ranges::copy(command_.fields, std::back_inserter(asked_.fields));
    asked_.body = payload_.body;
    if (!asked_.body.empty() && asked_.kind == "request" && !has(asked_.fields, "content-type")) {
      asked_.fields.emplace_back("content-type", document::is_json(asked_.body)
                                                     ? "application/json"
                                                     : "text/plain; charset=utf-8");
    }
    if (!command_.method.empty()) asked_.method = command_.method;
    if (asked_.method.empty()) asked_.method = asked_.body.empty() ? "GET" : "POST";
    return std::nullopt;
  }

  std::optional<std::string> choose_function(const Node& status) {
    const Node* functions = status.find("functions");
    const bool is_path = command_.target.starts_with('/');
    if (is_path) asked_.path = command_.target;
    if (functions == nullptr || functions->items().empty())
      return std::nullopt;  // nothing serves; the API says why
    const Node* found = nullptr;
    std::vector<std::string> names;
    for (const Node& each : functions->items()) {
      names.emplace_back(each.find_text("name"));
      if (is_path ? has_route_for(each, command_.target) : names.back() == command_.target)
        found = &each;
    }
    if (found == nullptr && (is_path || command_.target.empty()) && names.size() == 1)
      found = &functions->items().front();
    if (found == nullptr && is_path) return std::nullopt;
    if (found == nullptr) {
      std::string known;
      for (const std::string& each : names) known += (known.empty() ? "" : ", ") + each;
      if (command_.target.empty()) return "several functions are served; say which one: " + known;
      const std::string nearest = nearest_word(command_.target, names);
      return "no function is named \"" + command_.target + "\"; served are " + known +
             (nearest.empty() ? "" : "; did you mean " + nearest + "?");
    }
    signature_ = found->find_text("signature");
    if (const Node* schema = found->find_value("schema")) asked_.schema = *schema;
    if (is_path) return std::nullopt;
    const Node* routes = found->find("routes");
    if (routes == nullptr || routes->items().empty()) return std::nullopt;
    // "GET /users/{id}", or "/users".
    std::string pattern = routes->items().front().text();
    if (const std::size_t blank = pattern.find(' '); blank != std::string::npos) {
      asked_.method = pattern.substr(0, blank);
      pattern.erase(0, blank + 1);
    }
    if (pattern.find('{') != std::string::npos)
      return "the route " + pattern + " has places to fill in: say the path, such as " +
             filled(pattern);
    asked_.path = pattern;
    return std::nullopt;
  }

  static std::string filled(std::string_view pattern) {
    std::string path;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
      if (pattern[at] != '{') {
        path += pattern[at];
        continue;
      }
      path += '7';
      at = std::min(pattern.find('}', at), pattern.size() - 1);
    }
    return path;
  }

  // Whether the path may be the route's: its segments are equal, or places to fill in.
  static bool has_route_for(const Node& function, std::string_view path) {
    path = path.substr(0, path.find('?'));
    const Node* routes = function.find("routes");
    if (routes == nullptr) return false;
    return std::ranges::any_of(routes->items(), [&](const Node& route) {
      std::string_view pattern = route.text();
      pattern.remove_prefix(std::min(pattern.find('/'), pattern.size()));
      std::string_view rest = path;
      while (!pattern.empty() && !rest.empty()) {
        const auto segment = pattern.substr(0, pattern.find('/', 1));
        const auto part = rest.substr(0, rest.find('/', 1));
        if (segment != part && segment.find('{') == std::string_view::npos) return false;
        pattern.remove_prefix(segment.size());
        rest.remove_prefix(part.size());
      }
      return pattern.empty() && rest.empty();
    });
  }

  void make_default() {
    if (payload_.is_given || command_.method == "GET" || asked_.method == "GET") return;
    if (asked_.schema.is(Node::Kind::kObject)) {
      const bool is_bytes = asked_.schema.find("contentMediaType") != nullptr;
      if (!is_bytes) payload_.body = document::to_json(dev::example_of(asked_.schema));
      if (!is_bytes) asked_.fields.emplace_back("content-type", "application/json");
    } else if ((signature_ == "cloudevent" || signature_ == "event") && !command_.is_event) {
      auto event = canned_event("cloudevent", now());
      payload_.body = std::move(event->body);
      std::ranges::move(event->fields, std::back_inserter(asked_.fields));
    } else if (asked_.kind == "topic") {
      payload_.body = R"({"message":"hello"})";
    }
  }

  // In binary mode, or for a topic as the event itself.
  void wrap() {
    Random random;
    std::vector<std::pair<std::string, std::string>> attributes = {
        {"specversion", "1.0"},
        {"id", uuid4(random)},
        {"source", "functions-framework"},
        {"type", "functions-framework.invoke"},
        {"time", now()}};
    for (const auto& [name, value] : command_.attributes) {
      const auto at =
          std::ranges::find(attributes, name, &std::pair<std::string, std::string>::first);
      if (at == attributes.end())
        attributes.emplace_back(name, value);
      else
        at->second = value;
    }
    const bool is_json = document::is_json(payload_.body);
    if (asked_.kind == "topic") {
      Node event = Node::object();
      for (const auto& [name, value] : attributes) event.set(name, value);
      event.set("datacontenttype", is_json ? "application/json" : "text/plain");
      auto data = is_json ? document::json_value(payload_.body) : std::nullopt;
      event.set("data", data ? *std::move(data) : dev::text_node(payload_.body));
      payload_.body = document::to_json(event);
      asked_.fields.emplace_back("content-type", "application/cloudevents+json");
      return;
    }
    for (const auto& [name, value] : attributes) {
      if (!has(asked_.fields, "ce-" + name)) asked_.fields.emplace_back("ce-" + name, value);
    }
    if (asked_.method.empty()) asked_.method = "POST";
  }

  std::optional<std::string> save() {
    if (command_.save.empty()) return std::nullopt;
    std::error_code error;
    const fs::path folder = fs::path(folder_.empty() ? "." : folder_) / "testdata";
    fs::create_directories(folder, error);
    const std::string_view end = document::is_json(asked_.body) ? ".json"
                                 : is_utf8(asked_.body)         ? ".txt"
                                                                : ".bin";
    const fs::path file = folder / (command_.save + std::string(end));
    if (fs::exists(file, error))
      return file.native() + " exists already: choose another name, or remove it";
    std::ofstream out(file, std::ios::binary);
    out << asked_.body;
    out.close();
    if (!out) return "cannot write " + file.native();
    say("saved " + file.native() + "; send it again with --file " + file.native() + "\n");
    return std::nullopt;
  }

  Node api_request() const {
    Node fields = Node::list();
    for (const auto& [name, value] : asked_.fields)
      fields.add(Node::object({{"name", dev::text_node(name)}, {"value", dev::text_node(value)}}));
    Node request = Node::object({{"kind", asked_.kind}});
    if (!asked_.name.empty()) request.set("name", dev::text_node(asked_.name));
    if (asked_.kind == "request") {
      request.set("method", dev::text_node(asked_.method));
      request.set("path", dev::text_node(asked_.path));
    }
    request.set("fields", std::move(fields));
    request.set("capture", dev::bool_node(command_.captures));
    dev::set_body(request, asked_.body);
    return request;
  }

  static void tell_build(const Node& status) {
    const Node* build = status.find("build");
    if (build == nullptr) return;
    say("build " + member_text(*build, "build") + " failed:\n" +
        visible(build->find_text("text"), dev::Lines::kSeveral) + "\n");
  }

  int show(const Node& answered) const {
    const std::string status = member_text(answered, "status");
    const bool is_bad = !status.starts_with('2');
    if (command_.json) {
      Node result = result_of("invoke", {});
      for (const Node& member : answered.members()) result.set(member.key(), member);
      if (const Exit code = print(document::to_json(result) + "\n"); code != kExitOk) return code;
      return is_bad && status >= "400" ? kExitBadAnswer : kExitOk;
    }
    std::string head = status;
    if (const std::string said = member_text(answered, "acknowledgement"); !said.empty())
      head = "acknowledgement " + said + " (" + status + ")";
    head +=
        " in " + member_text(answered, "took_ms") + " ms · build " + member_text(answered, "build");
    if (member_text(answered, "older_build") == "true")
      head += " · a newer build does not serve yet";
    if (const std::string failed = member_text(answered, "failed_build"); !failed.empty())
      head += " · build " + failed + " failed, `ff logs` says why";
    head += " · " + visible(member_text(answered, "id"));
    say(head + "\n");
    const Node* call = answered.find_value("call");
    if (call != nullptr) {
      if (const Node* thrown = call->find_value("thrown")) {
        say("  threw " + visible(thrown->find_text("type")) + ": " +
            visible(thrown->find_text("what"), dev::Lines::kSeveral) + "\n");
        if (const Node* frames = thrown->find("frames")) {
          for (const Node& frame : frames->items()) {
            say("    " + visible(frame.find_text("file")) + ":" + member_text(frame, "line") +
                " in " + visible(frame.find_text("function")) + "\n");
          }
        }
      }
      if (const Node* all = call->find("sent")) {
        for (const Node& sent : all->items()) say(sent_text(sent));
      }
    }
    if (asked_.kind == "request") {
      const std::string body = body_of(answered);
      const bool is_shown = ::isatty(STDOUT_FILENO) == 1;
      const std::string safe = is_shown ? visible(body, dev::Lines::kSeveral) : body;
      if (const Exit code = print(safe); code != kExitOk) return code;
      if (is_shown && !safe.empty() && !safe.ends_with('\n')) (void)print("\n");
      if (member_text(answered, "cut") == "true") say("the rest of the answer was too long\n");
    }
    return status >= "400" ? kExitBadAnswer : kExitOk;
  }

  // Milliseconds of the answers, and how often each status came.
  int show_many(std::vector<double> times,
                const std::map<std::string, std::size_t>& statuses) const {
    std::ranges::sort(times);
    const auto within = [&](double share) {
      if (times.empty()) return 0.0;
      const auto place = static_cast<std::size_t>(share * static_cast<double>(times.size()));
      return times[std::min(place, times.size() - 1)];
    };
    const auto text = [](double ms) {
      std::array<char, 32> buffer{};
      std::snprintf(buffer.data(), buffer.size(), "%.3f", ms);
      return std::string(buffer.data());
    };
    int code = kExitOk;
    Node counted = Node::object();
    std::string words;
    for (const auto& [status, count] : statuses) {
      if (status.starts_with("failed")) code = kExitFailure;
      if (status.starts_with('4') || status.starts_with('5'))
        code = std::max<int>(code, kExitBadAnswer);
      counted.set(status, Node::number(count));
      words += (words.empty() ? "" : ", ") + status + ": " + dev::count_text(count);
    }
    if (command_.json) {
      Node result = result_of("invoke", {});
      result.set("count", Node::number(command_.times));
      result.set("statuses", std::move(counted));
      result.set("p50_ms", Node::scalar(Node::Kind::kNumber, text(within(0.5))));
      result.set("p99_ms", Node::scalar(Node::Kind::kNumber, text(within(0.99))));
      const Exit printed = print(document::to_json(result) + "\n");
      return printed == kExitOk ? code : printed;
    }
    const Exit printed =
        print(dev::count_text(command_.times) + " calls · p50 " + text(within(0.5)) + " ms · p99 " +
              text(within(0.99)) + " ms · " + words + "\n");
    return printed == kExitOk ? code : printed;
  }

  int run_often(const dev::ApiClient& client, const std::string& body) {
    std::vector<double> times;
    std::map<std::string, std::size_t> statuses;
    client.ask_often("POST", "/api/v1/invoke", body, command_.times, command_.at_a_time,
                     [&](const Result<dev::ApiReply>& reply) {
                       const auto answered = read_reply(reply);
                       if (!answered) return void(++statuses["failed: " + answered.error().text]);
                       ++statuses[member_text(*answered, "status")];
                       const Node* took = answered->find("took_ms");
                       if (took != nullptr) times.push_back(took->real());
                     });
    return show_many(std::move(times), statuses);
  }

  int run_url() {
    if (!command_.topic.empty() || !command_.binding.empty() || command_.captures)
      return complain("--url sends requests only: no --topic, --binding or --capture", kExitUsage);
    if (!command_.target.empty() && !command_.target.starts_with('/'))
      return complain("with --url the argument is a path that begins with /", kExitUsage);
    if (auto problem = prepare(Node::object())) return complain(*problem, kExitUsage);
    if (auto problem = save()) return complain(*problem, kExitFailure);
    const SystemClock clock;
    auto client = wire::blocking::make_curl_client({.needed_by = "invoke --url"}, clock);
    if (!client) return complain(client.error().message(), kExitFailure);
    wire::blocking::HttpCall call{
        .method = asked_.method,
        .url = command_.url,
        .has_body = asked_.body.empty() ? wire::blocking::Body::kNone : wire::blocking::Body::kSent,
        .body = asked_.body};
    if (!command_.target.empty()) {
      while (call.url.ends_with('/')) call.url.pop_back();
      call.url += command_.target;
    }
    for (const auto& [name, value] : asked_.fields) call.headers.push_back({name, value});
    std::vector<double> times;
    std::map<std::string, std::size_t> statuses;
    for (std::size_t i = 0; i < command_.times; ++i) {
      call.deadline = Deadline::in(kUrlWithin, clock);
      const SteadyTime began = clock.now();
      const auto reply = (*client)->send(call);
      const std::chrono::duration<double, std::milli> took = clock.now() - began;
      if (!reply) {
        if (command_.times == 1) return complain(reply.error().message(), kExitFailure);
        ++statuses["failed: " + reply.error().message()];
        continue;
      }
      times.push_back(took.count());
      ++statuses[std::to_string(reply->status)];
      if (command_.times > 1) continue;
      Node answered = Node::object({{"status", Node::number(reply->status)},
                                    {"took_ms", dev::ms_node(clock.now() - began)}});
      dev::set_body(answered, reply->body);
      if (command_.json) return show(answered);
      say(std::to_string(reply->status) + " in " + member_text(answered, "took_ms") + " ms\n");
      const bool is_shown = ::isatty(STDOUT_FILENO) == 1;
      const Exit printed =
          print(is_shown ? visible(reply->body, dev::Lines::kSeveral) + "\n" : reply->body);
      if (printed != kExitOk) return printed;
      return reply->status >= 400 ? kExitBadAnswer : kExitOk;
    }
    return show_many(std::move(times), statuses);
  }

  const InvokeCommand& command_;
  const Environment& env_;
  Payload payload_;
  Asked asked_;
  std::string signature_;
  std::string folder_;
};

}  // namespace

int invoke(const InvokeCommand& command, const Environment& env) {
  return Invoking(command, env).run();
}

}  // namespace ofn::cli
