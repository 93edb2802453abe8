// The functions of the conformance tests. Each writes its input to function_output.json in the
// working directory. The file is complete before the function returns, as the public conformance
// client expects.
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include <ofn/function.h>
#include <ofn/typed.h>

namespace {

void write_output(std::string_view text) {
  std::ofstream("function_output.part") << text;
  std::rename("function_output.part", "function_output.json");
}

std::string quoted(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + '"';
}

std::string object(const std::map<std::string, std::string>& members) {
  std::string json;
  for (const auto& [name, value] : members)
    json += (json.empty() ? "" : ",") + quoted(name) + ":" + value;
  return "{" + json + "}";
}

// wait() returns when `parties` calls are in it at the same time, so it never returns for calls
// that run one after the other.
class Meeting {
 public:
  bool wait(std::size_t parties, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (++present_ == parties) met_.notify_all();
    return met_.wait(lock, stop, [&] { return present_ >= parties; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any met_;
  std::size_t present_ = 0;
} meeting;

// The last digits of a text say how many calls meet: "meet-10".
void meet(std::string_view text, const std::stop_token& stop) {
  const std::string parties(text.substr(text.find_last_of('-') + 1));
  if (!meeting.wait(std::stoul(parties), stop)) throw std::string("the others did not come");
}

}  // namespace

std::string http(const ofn::Request& request) {
  write_output(request.body());
  return "OK";
}

void cloudevent(const ofn::CloudEvent& event) {
  std::map<std::string, std::string> members = {{"specversion", quoted(event.specversion())},
                                                {"id", quoted(event.id())},
                                                {"source", quoted(event.source())},
                                                {"type", quoted(event.type())}};
  if (event.subject()) members["subject"] = quoted(*event.subject());
  if (event.time()) members["time"] = quoted(*event.time());
  if (event.datacontenttype()) members["datacontenttype"] = quoted(*event.datacontenttype());
  for (const auto& [name, value] : event.extensions()) members[name] = quoted(value);
  if (event.data()) members["data"] = *event.data();
  write_output(object(members));
}

void legacyevent(const ofn::EventData& data, const ofn::EventContext& context) {
  const ofn::EventResource& resource = context.resource();
  std::map<std::string, std::string> members = {{"name", quoted(resource.name)}};
  if (!resource.service.empty()) members["service"] = quoted(resource.service);
  if (!resource.type.empty()) members["type"] = quoted(resource.type);
  write_output(
      object({{"data", data.json()},
              {"context",
               object({{"eventId", quoted(context.event_id())},
                       {"eventType", quoted(context.event_type())},
                       {"timestamp", quoted(context.timestamp())},
                       {"resource", members.size() == 1 ? members["name"] : object(members)}})}}));
}

struct Message {
  std::string message;
};
OFN_FIELDS(Message, message)

struct Reply {
  Message payload;
};
OFN_FIELDS(Reply, payload)

Reply typed(const Message& message) { return {message}; }

std::string throws(const ofn::Request&) { throw std::string("the secret"); }

std::string meet_http(const ofn::Request& request) {
  meet(request.body(), request.stop_token());
  return "OK";
}

void meet_cloudevent(ofn::Context& context, const ofn::CloudEvent& event) {
  meet(event.id(), context.stop_token());
}

void meet_legacyevent(ofn::Context& context, const ofn::EventData&,
                      const ofn::EventContext& about) {
  meet(about.event_id(), context.stop_token());
}

Reply meet_typed(ofn::Context& context, const Message& message) {
  meet(message.message, context.stop_token());
  return {message};
}

OFN_FUNCTION(http)
OFN_FUNCTION(cloudevent)
OFN_FUNCTION(legacyevent)
OFN_FUNCTION(typed)
OFN_FUNCTION(throws)
OFN_FUNCTION(meet_http)
OFN_FUNCTION(meet_cloudevent)
OFN_FUNCTION(meet_legacyevent)
OFN_FUNCTION(meet_typed)
