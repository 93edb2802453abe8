// An HTTP response that the function writes piece by piece while it runs.
//
//   void numbers(const ofn::Request& request, ofn::Writer& writer) {
//     for (int i = 0; i < 1'000'000; ++i) {
//       if (!writer.line("{\"number\":" + std::to_string(i) + "}")) return;   // the caller has left
//     }
//   }
//
// The supported functions are void f(const Request&, Writer&), the same with a Context& first, and
// both as tasks.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/json_value.h>
#include <ofn/lazy.h>
#include <ofn/response.h>
#include <ofn/task.h>

namespace ofn {

namespace abi {

enum class Push {
  kClosed,  // the client accepts no more data
  kRoom,    // accepted, and there is room for more
  kFull,    // accepted, but more data should wait
};

// The operations of a Writer, which the host implements. Threads: the function's.
struct StreamTable {
  // Sends the head. Returns an empty text, or the reason why the head cannot be sent; then the
  // response has not begun.
  std::string (*begin)(void* host, const Response& head, bool early);
  Push (*push)(void* host, std::string_view bytes);
  // Blocks until there is room. Returns false if the client accepts no more data.
  bool (*wait_for_room)(void* host);
};
struct Stream {
  const StreamTable* table = nullptr;
  void* host = nullptr;
};

}  // namespace abi

// One event of a stream for browsers' EventSource (HTML Standard, server-sent events). Borrowed
// until it has been written.
struct ServerSentEvent {
  std::string_view data{};   // each of its lines becomes a line of the event
  std::string_view event{};  // its type; empty means "message"
  std::string_view id{};
  std::optional<std::chrono::milliseconds> retry{};
};

// The response of a call. The head is sent with the first piece, or when the function has returned.
// Unless set, the status is 200 and the type text/plain; charset=utf-8.
//
// Transport: over HTTP/1.1 in chunks, over HTTP/2 in DATA frames; each piece is sent at once. If
// the client reads slowly, write() waits; about 64 KiB are under way at a time.
// Outputs: if the context has outputs (runtime Knative), the written bytes are collected as one
// body, at most --max-body-size. They are sent when the function has returned and all outputs have
// confirmed the body. With send_early(), the client gets the bytes at once, and if an output fails
// later, the response is aborted. The response to a delivery is also collected.
// Failure: if a function throws or is too late (--timeout) after the head was sent, the response is
// aborted: HTTP/1.1 resets the connection, HTTP/2 the stream, and nothing is sent to outputs. A
// complete response ends with the trailer X-OpenFunction-Status.
// Lifetime: until the function returns. Threads: one at a time.
class Writer {
 public:
  OFN_INTERNAL_LAZY explicit Writer(const abi::Stream& stream) noexcept : stream_(&stream) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() = default;

  // Set the head before the first piece. Errors: std::logic_error after it.
  OFN_INTERNAL_LAZY Writer& status(int code) {
    head().status(code);
    return *this;
  }
  OFN_INTERNAL_LAZY Writer& header(std::string name, std::string value) {
    head().header(std::move(name), std::move(value));
    return *this;
  }
  OFN_INTERNAL_LAZY Writer& content_type(std::string type) {
    head().content_type(std::move(type));
    return *this;
  }
  // Sends the response without waiting for the outputs.
  OFN_INTERNAL_LAZY Writer& send_early() {
    head();
    early_ = true;
    return *this;
  }

  // Writes bytes unchanged, and waits until there is room for more. Returns false if the client
  // accepts no more data, because it has disconnected or the call is too late; then the function
  // should return.
  // Errors: std::invalid_argument for a head that cannot be sent (see Response). In that case
  // nothing was written, and the next piece throws as well unless the head is corrected (a status,
  // the content type).
  OFN_INTERNAL_LAZY bool write(std::string_view bytes) { return settle(push(bytes)); }
  // Writes one event. The type becomes text/event-stream unless set.
  // Errors: std::invalid_argument for an id or a type with a line break.
  OFN_INTERNAL_LAZY bool event(const ServerSentEvent& event) { return settle(push_event(event)); }
  // Writes one line of JSON. The type becomes application/x-ndjson unless set.
  // Errors: std::invalid_argument for a text with a line break.
  OFN_INTERNAL_LAZY bool line(std::string_view json) { return settle(push_line(json)); }
  // The same with the JSON of a value. Needs <ofn/json.h>.
  template <internal::NotText T>
  bool line(const T& value) {
    return settle(push_line(internal::json_text(value)));
  }

  // The same for coroutines, which wait without holding a thread. The bytes are taken at once. False also if this task has lost in when_any().
  OFN_INTERNAL_LAZY auto async_write(std::string_view bytes) { return Room(push(bytes)); }
  OFN_INTERNAL_LAZY auto async_event(const ServerSentEvent& event) {
    return Room(push_event(event));
  }
  OFN_INTERNAL_LAZY auto async_line(std::string_view json) { return Room(push_line(json)); }
  template <internal::NotText T>
  auto async_line(const T& value) {
    return Room(push_line(internal::json_text(value)));
  }
  // GCC 12 destroys such temporaries of an awaited expression twice (GCC bug 99576): give the value a name.
  template <internal::NotText T>
  void async_line(const T&& value) = delete;

  // Sends the head now. Use it if the first piece will take long.
  OFN_INTERNAL_LAZY bool begin() { return settle(push({})); }

  // For the framework: the head of a response that was never written.
  bool begun() const noexcept { return begun_; }
  OFN_INTERNAL_LAZY Response&& take_head() noexcept { return std::move(head_); }

 private:
  struct [[nodiscard("there may be no room for more until it is awaited: co_await it")]] Room
      : internal::Operation {
    OFN_INTERNAL_LAZY explicit Room(abi::Push pushed)
        : full(pushed == abi::Push::kFull), open(pushed != abi::Push::kClosed) {}
    bool await_ready() const noexcept { return !full; }
    template <std::derived_from<internal::Promise> P>
    void await_suspend(std::coroutine_handle<P> waits) {
      const internal::Promise& promise = waits.promise();
      const abi::Tasks& tasks = *promise.tasks;
      tasks.table->wait_for_room(tasks.host, open, promise.scope, waits.address());
    }
    bool await_resume() const noexcept { return open; }
    bool full;
    bool open;
  };

  OFN_INTERNAL_LAZY Response& head() {
    if (begun_) throw std::logic_error("the answer's head has gone out already");
    return head_;
  }
  OFN_INTERNAL_LAZY void default_type(const char* type) {
    if (!begun_ && head_.find_header("content-type") == nullptr) head_.content_type(type);
  }
  OFN_INTERNAL_LAZY abi::Push push(std::string_view bytes) {
    if (!begun_) {
      std::string problem = stream_->table->begin(stream_->host, head_, early_);
      if (!problem.empty()) throw std::invalid_argument("invalid response: " + std::move(problem));
      begun_ = true;
    }
    return stream_->table->push(stream_->host, bytes);
  }
  OFN_INTERNAL_LAZY bool settle(abi::Push pushed) {
    if (pushed == abi::Push::kFull) return stream_->table->wait_for_room(stream_->host);
    return pushed == abi::Push::kRoom;
  }
  OFN_INTERNAL_LAZY static bool has_break(std::string_view text) {
    return text.find_first_of("\r\n") != std::string_view::npos;
  }
  OFN_INTERNAL_LAZY abi::Push push_line(std::string_view json) {
    if (has_break(json))
      throw std::invalid_argument("a line of JSON has no line breaks of its own");
    default_type("application/x-ndjson");
    return push(std::string(json) + '\n');
  }
  OFN_INTERNAL_LAZY abi::Push push_event(const ServerSentEvent& event) {
    if (has_break(event.event) || has_break(event.id))
      throw std::invalid_argument("an event's type and id have no line breaks");
    default_type("text/event-stream");
    std::string text;
    const auto field = [&text](std::string_view name, std::string_view value) {
      text.append(name).append(": ").append(value) += '\n';
    };
    if (!event.event.empty()) field("event", event.event);
    if (!event.id.empty()) field("id", event.id);
    if (event.retry) field("retry", std::to_string(event.retry->count()));
    // CR, LF and CRLF all end a line here.
    for (std::string_view rest = event.data;;) {
      const auto end = rest.find_first_of("\r\n");
      field("data", rest.substr(0, end));
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    return push(text += '\n');
  }

  const abi::Stream* stream_;
  Response head_;
  bool early_ = false;
  bool begun_ = false;
};

}  // namespace ofn
