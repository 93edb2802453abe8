// A background event: the form in which events came before CloudEvents, as data and context.
//
//   void on_file(const ofn::EventData& data, const ofn::EventContext& context) {
//     parse(data.json());                  // {"bucket":"b","name":"a.txt",…}
//     log(context.event_type());           // google.storage.object.finalize
//   }
//
// Served for POST. CloudEvents of the types that have a background form are converted on their way.
#pragma once

#include <string>
#include <utility>

#include <ofn/lazy.h>

namespace ofn {

// The data of an event, as its source describes what happened. A value.
class EventData {
 public:
  EventData() = default;
  OFN_INTERNAL_LAZY explicit EventData(std::string json) : json_(std::move(json)) {}

  // JSON text: an object for all known types. Nothing was parsed and printed again: numbers lose no
  // digit, members keep their order. Where a conversion has changed it (a Pub/Sub message without
  // its envelope, say), the values of its members are still the sender's own text.
  const std::string& json() const noexcept { return json_; }

  bool operator==(const EventData&) const = default;

 private:
  std::string json_ = "null";
};

// The resource that an event is about. A value. An event may name it by a text alone: then only `name` is set.
struct EventResource {
  std::string name;     // "projects/_/buckets/b/objects/a.txt"
  std::string service;  // "storage.googleapis.com"; empty: not said
  std::string type;     // "storage#object"; empty: not said

  bool operator==(const EventResource&) const = default;
};

// An event's circumstances. A value.
class EventContext {
 public:
  // Identifies this event among all others of its source; never empty in a function.
  const std::string& event_id() const noexcept { return event_id_; }
  // When it happened: RFC 3339 from all known sources, verbatim. Empty: not said.
  const std::string& timestamp() const noexcept { return timestamp_; }
  // "google.pubsub.topic.publish"; never empty in a function.
  const std::string& event_type() const noexcept { return event_type_; }
  const EventResource& resource() const noexcept { return resource_; }
  // The domain of the database of a Firebase database's event, "firebaseio.com"; empty otherwise.
  const std::string& domain() const noexcept { return domain_; }

  OFN_INTERNAL_LAZY EventContext& event_id(std::string value) {
    return event_id_ = std::move(value), *this;
  }
  OFN_INTERNAL_LAZY EventContext& timestamp(std::string value) {
    return timestamp_ = std::move(value), *this;
  }
  OFN_INTERNAL_LAZY EventContext& event_type(std::string value) {
    return event_type_ = std::move(value), *this;
  }
  OFN_INTERNAL_LAZY EventContext& resource(EventResource value) {
    return resource_ = std::move(value), *this;
  }
  OFN_INTERNAL_LAZY EventContext& domain(std::string value) {
    return domain_ = std::move(value), *this;
  }

  bool operator==(const EventContext&) const = default;

 private:
  std::string event_id_;
  std::string timestamp_;
  std::string event_type_;
  EventResource resource_;
  std::string domain_;
};

// Both together. A value.
struct BackgroundEvent {
  EventData data;
  EventContext context;

  bool operator==(const BackgroundEvent&) const = default;
};

}  // namespace ofn
