// A CloudEvent (CloudEvents 1.0), independent of the protocol that carried it.
//
//   void on_event(const ofn::CloudEvent& event) { use(event.type(), event.data()); }
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/lazy.h>

namespace ofn {

// One event: context attributes and data. A value.
//
// Attributes are strings in the CloudEvents type system's canonical form (spec §2.4); `time` is RFC
// 3339, verbatim. Data is bytes. The data of a JSON event is the JSON text. If a structured event's
// `data` member is a string, it stays a JSON string only if datacontenttype is JSON; otherwise the
// data is the string's text (JSON format §3.1).
class CloudEvent {
 public:
  CloudEvent() = default;
  // The required attributes (spec §3.1). None may be empty when the event is sent.
  OFN_INTERNAL_LAZY CloudEvent(std::string id, std::string source, std::string type)
      : id_(std::move(id)), source_(std::move(source)), type_(std::move(type)) {}

  const std::string& id() const noexcept { return id_; }
  const std::string& source() const noexcept { return source_; }
  const std::string& type() const noexcept { return type_; }
  // The version of the specification, "1.0".
  const std::string& specversion() const noexcept { return specversion_; }

  // Optional attributes; nullopt if the event does not have them.
  const std::optional<std::string>& datacontenttype() const noexcept { return datacontenttype_; }
  const std::optional<std::string>& dataschema() const noexcept { return dataschema_; }
  const std::optional<std::string>& subject() const noexcept { return subject_; }
  const std::optional<std::string>& time() const noexcept { return time_; }

  // The event's payload; nullopt if the event has none, which differs from empty data.
  const std::optional<std::string>& data() const& noexcept { return data_; }
  OFN_INTERNAL_LAZY std::optional<std::string>&& data() && noexcept { return std::move(data_); }

  // Extension attributes by name (lower-case letters and digits, spec §3).
  const std::map<std::string, std::string, std::less<>>& extensions() const noexcept {
    return extensions_;
  }
  OFN_INTERNAL_LAZY std::optional<std::string_view> extension(std::string_view name) const {
    const auto it = extensions_.find(name);
    return it == extensions_.end() ? std::nullopt : std::optional<std::string_view>(it->second);
  }

  OFN_INTERNAL_LAZY CloudEvent& id(std::string value) {
    id_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& source(std::string value) {
    source_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& type(std::string value) {
    type_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& specversion(std::string value) {
    specversion_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& datacontenttype(std::string value) {
    datacontenttype_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& dataschema(std::string value) {
    dataschema_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& subject(std::string value) {
    subject_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& time(std::string value) {
    time_ = std::move(value);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& data(std::string bytes) {
    data_ = std::move(bytes);
    return *this;
  }
  OFN_INTERNAL_LAZY CloudEvent& extension(std::string name, std::string value) {
    extensions_.insert_or_assign(std::move(name), std::move(value));
    return *this;
  }

  bool operator==(const CloudEvent&) const = default;

 private:
  std::string id_;
  std::string source_;
  std::string type_;
  std::string specversion_ = "1.0";
  std::optional<std::string> datacontenttype_;
  std::optional<std::string> dataschema_;
  std::optional<std::string> subject_;
  std::optional<std::string> time_;
  std::optional<std::string> data_;
  std::map<std::string, std::string, std::less<>> extensions_;
};

}  // namespace ofn
