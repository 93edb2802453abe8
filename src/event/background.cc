#include "event/background.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <utility>

#include <ofn/http_text.h>

#include "document/json.h"
#include "document/slices.h"
#include "event/attributes.h"

namespace ofn::event {

namespace {

using document::check_json;
using document::is_json;
using document::kind_of;
using document::Members;
using document::quote;
using document::unquote;

// A service that sends events, and the form of its resources' names.
struct Service {
  std::string_view name;
  // A resource's name is `resource`, a slash, and `collection/…`; the latter is the CloudEvent's
  // subject. A `*` matches one segment. If empty, the name is not divided.
  std::string_view resource;
  std::string_view collection;
};
constexpr Service kPubsub{"pubsub.googleapis.com", {}, {}};
constexpr Service kStorage{"storage.googleapis.com", "projects/_/buckets/*", "objects"};
constexpr Service kFirestore{"firestore.googleapis.com", "projects/*/databases/*", "documents"};
constexpr Service kAuth{"firebaseauth.googleapis.com", {}, {}};
constexpr Service kAnalytics{"firebase.googleapis.com", "projects/*", "events"};
constexpr Service kDatabase{"firebasedatabase.googleapis.com", "projects/_/instances/*", "refs"};

// Parts of a CloudEvent's source: a database's region stands between project and instance.
constexpr std::string_view kProject = "projects/_/";
constexpr std::string_view kLocations = "locations/";
// The only region that is not part of its databases' domain, and that domain.
constexpr std::string_view kFirstRegion = "us-central1";
constexpr std::string_view kFirstDomain = "firebaseio.com";
constexpr std::string_view kOtherDomain = ".firebasedatabase.app";

constexpr std::string_view kPubsubMessage = "type.googleapis.com/google.pubsub.v1.PubsubMessage";
constexpr std::string_view kPublish = "google.pubsub.topic.publish";

struct TypePair {
  std::string_view background;
  std::string_view modern;
  const Service* service;
};
// If several background types have the same CloudEvent type, the reverse conversion uses the first
// one.
constexpr std::array<TypePair, 18> kTypes = {{
    {kPublish, "google.cloud.pubsub.topic.v1.messagePublished", &kPubsub},
    {"providers/cloud.pubsub/eventTypes/topic.publish",
     "google.cloud.pubsub.topic.v1.messagePublished", &kPubsub},
    {"google.storage.object.finalize", "google.cloud.storage.object.v1.finalized", &kStorage},
    {"google.storage.object.delete", "google.cloud.storage.object.v1.deleted", &kStorage},
    {"google.storage.object.archive", "google.cloud.storage.object.v1.archived", &kStorage},
    {"google.storage.object.metadataUpdate", "google.cloud.storage.object.v1.metadataUpdated",
     &kStorage},
    {"providers/cloud.storage/eventTypes/object.change", "google.cloud.storage.object.v1.finalized",
     &kStorage},
    {"providers/cloud.firestore/eventTypes/document.write",
     "google.cloud.firestore.document.v1.written", &kFirestore},
    {"providers/cloud.firestore/eventTypes/document.create",
     "google.cloud.firestore.document.v1.created", &kFirestore},
    {"providers/cloud.firestore/eventTypes/document.update",
     "google.cloud.firestore.document.v1.updated", &kFirestore},
    {"providers/cloud.firestore/eventTypes/document.delete",
     "google.cloud.firestore.document.v1.deleted", &kFirestore},
    {"providers/firebase.auth/eventTypes/user.create", "google.firebase.auth.user.v1.created",
     &kAuth},
    {"providers/firebase.auth/eventTypes/user.delete", "google.firebase.auth.user.v1.deleted",
     &kAuth},
    {"providers/google.firebase.analytics/eventTypes/event.log",
     "google.firebase.analytics.log.v1.written", &kAnalytics},
    {"providers/google.firebase.database/eventTypes/ref.create",
     "google.firebase.database.ref.v1.created", &kDatabase},
    {"providers/google.firebase.database/eventTypes/ref.write",
     "google.firebase.database.ref.v1.written", &kDatabase},
    {"providers/google.firebase.database/eventTypes/ref.update",
     "google.firebase.database.ref.v1.updated", &kDatabase},
    {"providers/google.firebase.database/eventTypes/ref.delete",
     "google.firebase.database.ref.v1.deleted", &kDatabase},
}};

std::unexpected<Error> wrong(std::string_view what, std::string_view expected,
                             std::string_view found) {
  return fail(Code::kInvalidArgument, std::string(what) + ": expected " + std::string(expected) +
                                          ", found " + std::string(found));
}

std::string text_of(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

// ---- Resources' names.

// Returns the length of the beginning of `name` whose segments match `pattern`; 0 if they do not
// match.
std::size_t length_of(std::string_view pattern, std::string_view name) {
  std::size_t at = 0;
  while (true) {
    const std::string_view expected = pattern.substr(0, pattern.find('/'));
    const std::string_view found = name.substr(at, name.substr(at).find('/'));
    if (found.empty() || (expected != "*" && found != expected)) return 0;
    at += found.size();
    if (expected.size() == pattern.size()) return at;
    pattern.remove_prefix(expected.size() + 1);
    if (at == name.size()) return 0;
    ++at;
  }
}

bool matches(std::string_view pattern, std::string_view name) {
  return !name.empty() && length_of(pattern, name) == name.size();
}

struct Name {
  std::string_view resource;
  std::string_view subject;  // empty if there is none
};

// Divides a resource's name into its two parts. Returns nullopt if it does not have them.
std::optional<Name> divide(const Service& service, std::string_view name) {
  if (service.resource.empty()) return Name{.resource = name, .subject = {}};
  const std::size_t length = length_of(service.resource, name);
  if (length == 0 || length == name.size()) return std::nullopt;
  const std::string_view subject = name.substr(length + 1);
  if (!subject.starts_with(service.collection) || subject.size() < service.collection.size() + 2 ||
      subject[service.collection.size()] != '/') {
    return std::nullopt;
  }
  return Name{.resource = name.substr(0, length), .subject = subject};
}

// Returns the form of a CloudEvent's subject for an error message: "objects/…".
std::string expected_subject(const Service& service) {
  return '"' + text_of({service.collection, "/…"}) + '"';
}

// ---- Data. The text must be JSON.

// Renames some members of the data's `metadata`. Returns the data unchanged if it has none of them.
std::string with_metadata_renamed(
    std::string_view data,
    std::initializer_list<std::pair<std::string_view, std::string_view>> names) {
  std::optional<Members> members = Members::of(data);
  const auto raw = members ? members->find("metadata") : std::nullopt;
  std::optional<Members> metadata = raw ? Members::of(*raw) : std::nullopt;
  if (!metadata) return std::string(data);
  bool changed = false;
  for (const auto& [from, to] : names) {
    changed = changed || metadata->find(from);
    metadata->rename(from, to);
  }
  if (!changed) return std::string(data);
  const std::string renamed = metadata->text();
  members->set("metadata", renamed);
  return members->text();
}

// Returns the text of a member that is a string; nullopt if it is missing or not a string.
std::optional<std::string> string_member(std::string_view object, std::string_view name) {
  const std::optional<Members> members = Members::of(object);
  const auto raw = members ? members->find(name) : std::nullopt;
  if (!raw || raw->front() != '"') return std::nullopt;
  return unquote(*raw);
}

// ---- Reading.

enum class Presence { kOptional, kRequired };

// Reads a member that is a string. `where` is its object's name with a dot, or empty.
Result<std::string> read_text(const Members& members, std::string_view where, std::string_view name,
                              Presence presence) {
  const auto raw = members.find(name);
  const std::string path = "member \"" + text_of({where, name}) + '"';
  if (!raw || *raw == "null") {
    if (presence == Presence::kRequired) return wrong(path, "a string", raw ? "null" : "none");
    return std::string();
  }
  if (raw->front() != '"') return wrong(path, "a string", kind_of(*raw));
  std::string text = unquote(*raw);
  if (presence == Presence::kRequired && text.empty())
    return wrong(path, "a string that is not empty", "\"\"");
  return text;
}

Result<EventResource> read_resource(const Members& members, std::string_view where) {
  const auto raw = members.find("resource");
  if (!raw || *raw == "null") return EventResource();
  if (raw->front() == '"') return EventResource{.name = unquote(*raw), .service = {}, .type = {}};
  const std::optional<Members> object = Members::of(*raw);
  const std::string path = text_of({where, "resource"});
  if (!object) {
    return wrong("member \"" + path + '"', "a string or an object", kind_of(*raw));
  }
  EventResource resource;
  for (const auto& [name, member] : {std::pair{"name", &EventResource::name},
                                     {"service", &EventResource::service},
                                     {"type", &EventResource::type}}) {
    Result<std::string> text = read_text(*object, path + ".", name, Presence::kOptional);
    if (!text) return std::unexpected(std::move(text).error());
    resource.*member = *std::move(text);
  }
  return resource;
}

// Reads the event context from `members`: those of the member `context`, or those of the event
// itself.
Result<EventContext> read_context(const Members& members, std::string_view where) {
  struct Text {
    std::string_view name;
    EventContext& (EventContext::*set)(std::string);
    Presence presence;
  };
  EventContext context;
  for (const Text& one : {Text{"eventId", &EventContext::event_id, Presence::kRequired},
                          Text{"eventType", &EventContext::event_type, Presence::kRequired},
                          Text{"timestamp", &EventContext::timestamp, Presence::kOptional}}) {
    Result<std::string> text = read_text(members, where, one.name, one.presence);
    if (!text) return std::unexpected(std::move(text).error());
    (context.*one.set)(*std::move(text));
  }
  Result<EventResource> resource = read_resource(members, where);
  if (!resource) return std::unexpected(std::move(resource).error());
  return context.resource(*std::move(resource));
}

// Returns the time as RFC 3339 text in UTC, to the millisecond.
std::string rfc3339(SystemTime time) {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto since = duration_cast<milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = since / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>(since % 1000));
  return text.data();
}

// Returns the first "projects/P/topics/T" in a path; empty if there is none.
std::string_view topic_in(std::string_view path) {
  for (auto at = path.find("projects/"); at != std::string_view::npos;
       at = path.find("projects/", at + 1)) {
    const std::size_t length = length_of("projects/*/topics/*", path.substr(at));
    if (length > 0) return path.substr(at, length);
  }
  return {};
}

// Reads a raw push: Pub/Sub's message as its subscription delivers it.
Result<BackgroundEvent> read_push(const Members& message, std::string_view path, SystemTime now) {
  constexpr std::string_view kWhere = "message.";
  Result<std::string> id = read_text(message, kWhere, "messageId", Presence::kRequired);
  if (!id) return std::unexpected(std::move(id).error());
  Result<std::string> time = read_text(message, kWhere, "publishTime", Presence::kOptional);
  if (!time) return std::unexpected(std::move(time).error());

  // A message without data has attributes, but no member `data`.
  const std::string type = quote(kPubsubMessage);
  Members data;
  data.set("@type", type);
  if (const auto raw = message.find("data")) data.set("data", *raw);
  data.set("attributes", message.find("attributes").value_or("{}"));
  return BackgroundEvent{.data = EventData(data.text()),
                         .context = EventContext()
                                        .event_id(*std::move(id))
                                        .timestamp(time->empty() ? rfc3339(now) : *std::move(time))
                                        .event_type(std::string(kPublish))
                                        .resource({.name = std::string(topic_in(path)),
                                                   .service = std::string(kPubsub.name),
                                                   .type = std::string(kPubsubMessage)})};
}

// ---- From and to CloudEvents.

// Returns the instance's name with its region, as a CloudEvent has it.
Result<std::string> with_region(std::string_view resource, const std::string& domain) {
  const std::string_view region =
      domain == kFirstDomain ? kFirstRegion : std::string_view(domain).substr(0, domain.find('.'));
  if (region.empty() || region.find('/') != std::string_view::npos) {
    return wrong("member \"domain\"", "the domain of the database",
                 domain.empty() ? "none" : shown(domain));
  }
  return text_of({kProject, kLocations, region, "/", resource.substr(kProject.size())});
}

// Does the reverse; the region becomes the domain. Older sources contain no region, so the domain
// stays unknown.
std::optional<std::string> without_region(std::string_view name, EventContext& context) {
  if (matches(kDatabase.resource, name)) return std::string(name);
  if (!matches("projects/_/locations/*/instances/*", name)) return std::nullopt;
  name.remove_prefix(kProject.size() + kLocations.size());
  const std::string_view region = name.substr(0, name.find('/'));
  name.remove_prefix(region.size() + 1);
  context.domain(region == kFirstRegion ? std::string(kFirstDomain)
                                        : text_of({region, kOtherDomain}));
  return text_of({kProject, name});
}

// Returns the message in its envelope.
Result<std::string> envelope_of(const BackgroundEvent& event) {
  std::optional<Members> message = Members::of(event.data.json());
  if (!message) return wrong("member \"data\"", "an object", kind_of(event.data.json()));
  const std::string id = quote(event.context.event_id());
  const std::string time = quote(event.context.timestamp());
  if (!message->find("messageId")) message->set("messageId", id);
  if (!message->find("publishTime") && !event.context.timestamp().empty()) {
    message->set("publishTime", time);
  }
  return text_of({R"({"message":)", message->text(), "}"});
}

std::string message_in(std::string_view data) {
  const std::optional<Members> envelope = Members::of(data);
  const auto inner = envelope ? envelope->find("message") : std::nullopt;
  std::optional<Members> message = Members::of(inner.value_or(data));
  if (!message) return std::string(inner.value_or(data));
  message->remove("messageId");
  message->remove("publishTime");
  return message->text();
}

// Returns the resource of a service's CloudEvent.
Result<EventResource> resource_of(const Service& service, std::string_view name,
                                  const CloudEvent& event, EventContext& context) {
  if (&service == &kAuth)
    return EventResource{.name = std::string(name), .service = {}, .type = {}};
  if (&service == &kPubsub) {
    return EventResource{.name = std::string(name),
                         .service = std::string(service.name),
                         .type = std::string(kPubsubMessage)};
  }
  std::optional<std::string> resource = std::string(name);
  if (&service == &kDatabase) resource = without_region(name, context);
  if (!resource || !matches(service.resource, *resource)) {
    return wrong("attribute \"source\"",
                 &service == &kDatabase
                     ? "\"//firebasedatabase.googleapis.com/projects/_/locations/*/instances/*\""
                     : '"' + text_of({"//", service.name, "/", service.resource}) + '"',
                 shown(event.source()));
  }
  const std::string whole = text_of({*resource, "/", event.subject().value_or("")});
  if (!divide(service, whole)) {
    return wrong("attribute \"subject\"", expected_subject(service),
                 event.subject() ? shown(*event.subject()) : "none");
  }
  if (&service != &kStorage) return EventResource{.name = whole, .service = {}, .type = {}};
  std::optional<std::string> kind = string_member(*event.data(), "kind");
  if (!kind) return wrong("data: member \"kind\"", "a string", "none");
  return EventResource{
      .name = whole, .service = std::string(service.name), .type = *std::move(kind)};
}

}  // namespace

Result<BackgroundEvent> parse_background(std::string_view body, std::string_view path,
                                         SystemTime now) {
  if (auto json = check_json(body); !json) return std::unexpected(std::move(json).error());
  const std::optional<Members> members = Members::of(body);
  if (!members) return fail(Code::kInvalidArgument, "the body is not a JSON object");
  if (const auto name = members->repeated()) {
    return fail(Code::kInvalidArgument, "member " + shown(*name) + " occurs twice");
  }

  const auto nested = members->find("context");
  if (!nested && members->find("subscription")) {
    const auto message = members->find("message");
    const std::optional<Members> object = message ? Members::of(*message) : std::nullopt;
    if (object) return read_push(*object, path, now);
  }
  const bool has_context = nested && *nested != "null";
  const std::optional<Members> inner = has_context ? Members::of(*nested) : std::nullopt;
  if (has_context && !inner) return wrong("member \"context\"", "an object", kind_of(*nested));
  Result<EventContext> context =
      has_context ? read_context(*inner, "context.") : read_context(*members, "");
  if (!context) return std::unexpected(std::move(context).error());
  Result<std::string> domain = read_text(*members, "", "domain", Presence::kOptional);
  if (!domain) return std::unexpected(std::move(domain).error());
  const auto data = members->find("data");
  if (!data) return wrong("member \"data\"", "the event's data", "none");
  return BackgroundEvent{.data = EventData(std::string(*data)),
                         .context = context->domain(*std::move(domain))};
}

Result<CloudEvent> to_cloud_event(const BackgroundEvent& event) {
  const EventContext& context = event.context;
  const auto* const pair = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypePair& one) {
    return one.background == context.event_type();
  });
  if (pair == kTypes.end()) {
    return wrong("member \"eventType\"", "a known background event type",
                 shown(context.event_type()));
  }
  const Service& service = *pair->service;
  const EventResource& resource = context.resource();
  if (!resource.service.empty() && resource.service != service.name) {
    return wrong("member \"resource.service\"", shown(service.name), shown(resource.service));
  }
  const std::optional<Name> name = divide(service, resource.name);
  if (!name) {
    return wrong("member \"resource\"",
                 '"' + text_of({service.resource, "/", service.collection, "/…"}) + '"',
                 shown(resource.name));
  }

  CloudEvent modern;
  std::string source(name->resource);
  std::string subject(name->subject);
  std::string data = event.data.json();
  if (&service == &kDatabase) {
    Result<std::string> located = with_region(source, context.domain());
    if (!located) return std::unexpected(std::move(located).error());
    source = *std::move(located);
  } else if (&service == &kAuth) {
    if (const auto uid = string_member(data, "uid")) subject = "users/" + *uid;
    data = with_metadata_renamed(
        data, {{"createdAt", "createTime"}, {"lastSignedInAt", "lastSignInTime"}});
  } else if (&service == &kPubsub) {
    Result<std::string> envelope = envelope_of(event);
    if (!envelope) return std::unexpected(std::move(envelope).error());
    data = *std::move(envelope);
  }

  for (auto& [attribute, value] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"id", context.event_id()},
           {"source", text_of({"//", service.name, "/", source})},
           {"type", std::string(pair->modern)},
           {"datacontenttype", "application/json"},
           {"subject", subject},
           {"time", context.timestamp()}}) {
    const bool optional = attribute == "subject" || attribute == "time";
    if (optional && value.empty()) continue;
    if (auto set = set_attribute(modern, attribute, value); !set) {
      return std::unexpected(std::move(set).error());
    }
  }
  return modern.data(std::move(data));
}

Result<BackgroundEvent> to_background_event(const CloudEvent& event) {
  const auto* const pair = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypePair& one) {
    return one.modern == event.type();
  });
  if (pair == kTypes.end()) {
    return wrong("attribute \"type\"",
                 "a CloudEvent type that corresponds to a background event type",
                 shown(event.type()));
  }
  const Service& service = *pair->service;
  const std::string authority = text_of({"//", service.name, "/"});
  if (!event.source().starts_with(authority)) {
    return wrong("attribute \"source\"", '"' + authority + "…\"", shown(event.source()));
  }
  const bool json_type =
      !event.datacontenttype() || internal::is_json_type(*event.datacontenttype());
  if (!json_type || !event.data() || !is_json(*event.data())) {
    return wrong("data", "JSON", event.data() ? "something else" : "none");
  }

  EventContext context;
  context.event_id(event.id()).timestamp(event.time().value_or(""));
  context.event_type(std::string(pair->background));
  Result<EventResource> resource = resource_of(
      service, std::string_view(event.source()).substr(authority.size()), event, context);
  if (!resource) return std::unexpected(std::move(resource).error());
  context.resource(*std::move(resource));

  std::string data = *event.data();
  if (&service == &kPubsub) {
    data = message_in(data);
  } else if (&service == &kAuth) {
    data = with_metadata_renamed(
        data, {{"createTime", "createdAt"}, {"lastSignInTime", "lastSignedInAt"}});
  }
  return BackgroundEvent{.data = EventData(std::move(data)), .context = std::move(context)};
}

}  // namespace ofn::event
