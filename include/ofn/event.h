// A background event: the form of events before CloudEvents, with data and context.
//
//   void on_file(const ofn::EventData& data, const ofn::EventContext& context) {
//     parse(data.json());                  // {"bucket":"b","name":"a.txt",…}
//     log(context.event_type());           // google.storage.object.finalize
//   }
//
// Served for POST. CloudEvents of types that have a background form are converted to it.
#pragma once

#include <string>
#include <utility>

#include <ofn/lazy.h>

namespace ofn {

// The data of an event: its source's description of what happened. A value.
class EventData {
 public:
  EventData() = default;
  OFN_INTERNAL_LAZY explicit EventData(std::string json) : json_(std::move(json)) {}

  // JSON text: an object for all known types. It was not parsed and printed again, so numbers lose
  // no digit and members keep their order. If a conversion has changed it (for example removed a
  // Pub/Sub message's envelope), the values of its members are still the sender's own text.
  const std::string& json() const noexcept { return json_; }

  bool operator==(const EventData&) const = default;

 private:
  std::string json_ = "null";
};

// The resource that an event is about. A value. If the event names it only by a text, only `name`
// is set.
struct EventResource {
  std::string name;     // "projects/_/buckets/b/objects/a.txt"
  std::string service;  // "storage.googleapis.com"; may be empty
  std::string type;     // "storage#object"; may be empty

  bool operator==(const EventResource&) const = default;
};

// The circumstances of an event. A value.
class EventContext {
 public:
  // Identifies this event among all others of its source; never empty in a function.
  const std::string& event_id() const noexcept { return event_id_; }
  // The time of the event: RFC 3339 from all known sources, verbatim; may be empty.
  const std::string& timestamp() const noexcept { return timestamp_; }
  // "google.pubsub.topic.publish"; never empty in a function.
  const std::string& event_type() const noexcept { return event_type_; }
  const EventResource& resource() const noexcept { return resource_; }
  // The domain of the database for an event of a Firebase database, "firebaseio.com"; empty
  // otherwise.
  const std::string& domain() const noexcept { return domain_; }

  OFN_INTERNAL_LAZY EventContext& event_id(std::string value) {
    event_id_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY EventContext& timestamp(std::string value) {
    timestamp_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY EventContext& event_type(std::string value) {
    event_type_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY EventContext& resource(EventResource value) {
    resource_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY EventContext& domain(std::string value) {
    domain_ = std::move(value);
    return *this;
  }

  bool operator==(const EventContext&) const = default;

 private:
  std::string event_id_;
  std::string timestamp_;
  std::string event_type_;
  EventResource resource_;
  std::string domain_;
};

// Data and context of an event. A value.
struct BackgroundEvent {
  EventData data;
  EventContext context;

  bool operator==(const BackgroundEvent&) const = default;
};

}  // namespace ofn
