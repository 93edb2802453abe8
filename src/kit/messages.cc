#include "kit/messages.h"

#include <stdexcept>
#include <utility>

#include <ofn/url.h>

#include "base/nearest.h"
#include "event/http_binding.h"
#include "event/json_format.h"

namespace ofn::kit {

const Trigger& find_trigger(const FunctionContext& context, std::string_view input) {
  std::vector<std::string> known;
  for (const Trigger& trigger : context.triggers) {
    if (trigger.name == input || (!trigger.alias.empty() && trigger.alias == input)) return trigger;
    known.push_back(trigger.name);
  }
  std::string text = "the context has no trigger named \"" + std::string(input) + "\"";
  if (const std::string near = nearest_word(input, known); !near.empty()) {
    text += "; did you mean \"" + near + "\"?";
  } else if (known.empty()) {
    text += "; it has none: see Options::context";
  } else {
    text += "; its triggers:";
    for (const std::string& name : known) text += " " + name;
  }
  throw std::runtime_error(text);
}

dapr::TopicEvent topic_event_of(const Trigger& trigger, const testing::Message& message,
                                unsigned number) {
  dapr::TopicEvent event{
      .topic = trigger.topic, .component = trigger.component, .path = message.path};
  for (const auto& [name, value] : message.metadata) event.metadata.push_back({name, value});
  if (message.event) {
    const CloudEvent& given = *message.event;
    event.id = given.id();
    event.source = given.source();
    event.type = given.type();
    event.spec_version = given.specversion();
    event.content_type = given.datacontenttype().value_or("");
    event.data = given.data().value_or("");
    for (const auto& [name, value] : given.extensions()) event.extensions.push_back({name, value});
    if (given.subject()) event.extensions.push_back({"subject", *given.subject()});
    if (given.time()) event.extensions.push_back({"time", *given.time()});
    return event;
  }
  // As daprd wraps what a program publishes.
  event.id = "test-" + std::to_string(number);
  event.source = "test";
  event.type = "com.dapr.event.sent";
  event.spec_version = "1.0";
  event.content_type = message.content_type;
  if (event.content_type.empty())
    event.content_type = message.data.starts_with('{') || message.data.starts_with('[')
                             ? "application/json"
                             : "text/plain";
  event.data = message.data;
  return event;
}

testing::Call call_of(const std::vector<CloudEvent>& events, testing::EventMode mode,
                      bool as_batch) {
  testing::Call call{.method = "POST"};
  if (as_batch) {
    call.body = "[";
    for (const CloudEvent& event : events) {
      const auto text = event::to_json(event);
      if (!text) throw std::runtime_error(text.error().message());
      if (call.body.size() > 1) call.body += ",";
      call.body += *text;
    }
    call.body += "]";
    call.fields.push_back({"content-type", "application/cloudevents-batch+json"});
    return call;
  }
  auto sent = event::to_http(events.front(), mode == testing::EventMode::kBinary
                                                 ? event::Mode::kBinary
                                                 : event::Mode::kStructured);
  if (!sent) throw std::runtime_error(sent.error().message());
  call.fields = sent->headers();
  call.body = std::move(*sent).body();
  return call;
}

testing::Call job_call(const std::string& name, std::string data) {
  return {.method = "POST",
          .target = "/job/" + url_encode(name),
          .fields = {{"content-type", "application/json"}},
          .body = std::move(data)};
}

}  // namespace ofn::kit
