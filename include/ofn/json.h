// JSON texts of your own types, and answers with a status and headers.
//
//   #include <ofn/json.h>
//
//   std::string text = ofn::to_json(first);
//   Order order = ofn::from_json<Order>(text);                    // throws ofn::BadInput: 400
//   context.send("archive", order).check();                       // as in line() of a Writer, and in save_state()
//   return ofn::Json(order).status(201).header("Location", "/orders/7");
//
// The types are those of <ofn/fields.h>. Whole CloudEvents have the JSON format of CloudEvents 1.0.
#pragma once

#include <atomic>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/failure.h>
#include <ofn/fields.h>
#include <ofn/host.h>
#include <ofn/http_text.h>
#include <ofn/json_value.h>
#include <ofn/lazy.h>
#include <ofn/response.h>

namespace ofn::internal {

// Returns the JSON of the host, which is there as soon as the host has loaded the program.
inline const abi::JsonTable& json_host() {
  const abi::Host* const host = host_slot.load(std::memory_order_acquire);
  if (host == nullptr || host->json == nullptr) {
    throw std::logic_error(
        "ofn: JSON needs the framework, and nothing has loaded this program: serve it with "
        "functions-framework, or call ofn::run");
  }
  return *host->json;
}

}  // namespace ofn::internal

namespace ofn {

// Returns the JSON of a value, without blanks.
// Errors: std::runtime_error for a number that is not finite, a text that is not UTF-8, and an enumerator without a word.
// Cost: the text's allocations. Threads: any.
template <internal::Describable T>
std::string to_json(const T& value) {
  std::string text;
  internal::json_host().write(internal::type_of<T>(), &value, text);
  return text;
}
inline std::string to_json(const CloudEvent& event) {
  return internal::json_host().write_event(event);
}

// Returns the value of a JSON text.
// Errors: BadInput, whose text names each mistake on a line of its own: "$.count: expected an integer from 0 to 255, found null".
// Threads: any.
template <class T>
T from_json(std::string_view text) {
  T value{};
  std::string mistake;
  if constexpr (std::same_as<T, CloudEvent>) {
    mistake = internal::json_host().read_event(text, value);
  } else {
    mistake = internal::json_host().read(text, internal::type_of<T>(), &value);
  }
  if (!mistake.empty()) throw BadInput(mistake);
  return value;
}

// Returns the data of an event as a value.
// Errors: BadInput if the event has no data, if its content type is not JSON, or for data that does not fit, as from_json.
template <class T>
T data_as(const CloudEvent& event) {
  if (!event.data()) throw BadInput("the event has no data: expected JSON");
  if (event.datacontenttype() && !internal::is_json_type(*event.datacontenttype())) {
    throw BadInput("the event's data has the type " + *event.datacontenttype() +
                   ": expected application/json");
  }
  return from_json<T>(*event.data());
}
// Makes the JSON of a value the data of an event, and sets its content type.
template <internal::Describable T>
CloudEvent& set_data(CloudEvent& event, const T& value) {
  return event.data(to_json(value)).datacontenttype("application/json");
}

// An answer whose body is the JSON of a value. The content type is application/json unless it is set.
template <class R>
class [[nodiscard("a Json that is not returned answers nobody: return it")]] Json {
 public:
  explicit Json(R value) : value_(std::move(value)) {}

  Json&& status(int code) && {
    head_.status(code);
    return std::move(*this);
  }
  Json&& header(std::string name, std::string value) && {
    head_.header(std::move(name), std::move(value));
    return std::move(*this);
  }
  Json&& content_type(std::string type) && {
    head_.content_type(std::move(type));
    return std::move(*this);
  }
  const R& value() const noexcept { return value_; }
  // For the framework: the status and the headers.
  Response take_head() && { return std::move(head_); }

 private:
  R value_;
  Response head_;
};

}  // namespace ofn

namespace ofn::internal {

// For <ofn/json_value.h>.
template <Describable T>
std::string json_of(ByJson, const T& value) {
  return to_json(value);
}
template <class T>
  requires Describable<T> || std::same_as<T, CloudEvent>
T value_of_json(ByJson, std::string_view text, T*) {
  return from_json<T>(text);
}
OFN_INTERNAL_LAZY std::string json_of(ByJson, const CloudEvent& event) { return to_json(event); }

}  // namespace ofn::internal
