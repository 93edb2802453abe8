// A request body that the function reads piece by piece while it arrives: of any size, in constant memory.
//
//   ofn::Response count(const ofn::Request& request, ofn::Reader& reader) {
//     std::uint64_t lines = 0;
//     while (const auto piece = reader.read()) lines += std::count(piece->begin(), piece->end(), '\n');
//     return std::to_string(lines) + "\n";                     // reached only if the body was complete
//   }
//
// The supported functions are
//
//   R f(const Request&, Reader&)                   R is what an http function may return
//   void f(const Request&, Reader&, Writer&)       reads and writes, also at the same time
//
// the same with a Request by value or a Context& first, and each as a task.
//
// Start: the function is called as soon as the request's head has arrived; request.body() and request.trailers() are empty.
// Memory: at most three pieces of 64 KiB: the one that the function has, the next one, and the one that arrives. While the function
// does not read, the client cannot send more, and no time limit applies to it.
// Size: --max-body-size does not apply; ofn::max_body (<ofn/route.h>) and limit() do. `Expect: 100-continue` is answered by the first read that needs it.
// Time: the call's deadline (--timeout) counts from the request's head, so it includes the upload. A client that sends nothing for
// --body-timeout while it may has failed. The call takes one of the --concurrency places from the head to the answer.
// Return: a function may return before it has read everything. Then the client gets the answer, and the connection (HTTP/2: the
// stream) ends.
// Deliveries: the data of a Dapr delivery, or a body that a request over HTTP/1.1 brought with an upgrade to HTTP/2, is here at once.
// Hooks: they see no data. Data that a pre-hook sets becomes request.body().
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <ofn/errors.h>
#include <ofn/field.h>
#include <ofn/lazy.h>
#include <ofn/register.h>
#include <ofn/request.h>
#include <ofn/response.h>
#include <ofn/signature.h>
#include <ofn/task.h>
#include <ofn/writer.h>

namespace ofn {

namespace abi {

// Why a body will never be complete.
enum class BodyFailure : std::uint32_t {
  kClientLeft = 1,
  kTooSlow = 2,
  kTooLarge = 3,
  kMalformed = 4,
  kNoMemory = 5,
  kCallEnded = 6,
  kStopped = 7,
};

// The answer to a read.
struct Pull {
  enum class Kind : std::uint32_t { kPiece = 1, kEnd = 2, kFailed = 3, kNothingYet = 4 };
  Kind kind = Kind::kNothingYet;
  BodyFailure failure{};     // of kFailed
  std::string_view piece{};  // of kPiece, not empty; valid until the next read
};

// The operations of a Reader, which the host implements. Threads: the function's.
struct IncomingTable {
  // Returns what there is, or kNothingYet.
  Pull (*pull)(void* host) = nullptr;
  // Blocks until pull() would return something else than kNothingYet.
  void (*wait)(void* host) = nullptr;
  // The same for a coroutine: resumes that of `frame`, also if its scope is asked to stop. It only notes the operation, as those of TaskTable
  // do.
  void (*await)(void* host, const Scope* scope, void* frame) = nullptr;
  // The function has ended by a BodyError after its Writer has begun. Returns true if the client has got a part of the answer; then the
  // host cuts it off, and the exception has no other answer.
  bool (*cut_off)(void* host) = nullptr;
  // Returns the trailers of a body that has ended.
  std::span<const Field> (*trailers)(void* host) = nullptr;
};
struct Incoming {
  const IncomingTable* table = nullptr;
  void* host = nullptr;
  std::optional<std::uint64_t> length{};  // what the client has announced
};

}  // namespace abi

// What read() throws if the rest of the body will not come. If it leaves the function, it is an answer as every HttpError
// (<ofn/errors.h>), and nothing is sent to outputs:
//   400  the client left, or the body is malformed    408  the client was too slow
//   413  the body is too large: limit(), max_body     503  memory is short, or the call has ended
// If the client has already got a part of a Writer's answer, that is cut off.
class BodyError : public HttpError {
 public:
  OFN_INTERNAL_LAZY explicit BodyError(abi::BodyFailure failure)
      : HttpError(status_of(failure), text_of(failure), headers_of(failure)), failure_(failure) {}

  bool client_left() const noexcept { return failure_ == abi::BodyFailure::kClientLeft; }
  bool too_slow() const noexcept { return failure_ == abi::BodyFailure::kTooSlow; }
  bool too_large() const noexcept { return failure_ == abi::BodyFailure::kTooLarge; }

 private:
  static int status_of(abi::BodyFailure failure) noexcept {
    switch (failure) {
      case abi::BodyFailure::kTooSlow:
        return 408;
      case abi::BodyFailure::kTooLarge:
        return 413;
      case abi::BodyFailure::kNoMemory:
      case abi::BodyFailure::kCallEnded:
      case abi::BodyFailure::kStopped:
        return 503;
      default:
        return 400;
    }
  }
  static const char* text_of(abi::BodyFailure failure) noexcept {
    switch (failure) {
      case abi::BodyFailure::kClientLeft:
        return "the client left before the body was complete";
      case abi::BodyFailure::kTooSlow:
        return "the body did not arrive in time";
      case abi::BodyFailure::kTooLarge:
        return "the body is too large";
      case abi::BodyFailure::kMalformed:
        return "the body is malformed";
      case abi::BodyFailure::kNoMemory:
        return "not enough memory for the body; try again later";
      case abi::BodyFailure::kStopped:
        return "the task that reads has lost in ofn::when_any()";
      case abi::BodyFailure::kCallEnded:
        break;
    }
    return "the call ended before the body was complete";
  }
  OFN_INTERNAL_LAZY static std::vector<Header> headers_of(abi::BodyFailure failure) {
    std::vector<Header> headers;
    if (status_of(failure) == 503) headers.push_back({"Retry-After", "1"});
    return headers;
  }

  abi::BodyFailure failure_;
};

// Lifetime: until the function returns. Threads: one at a time, and one read at a time.
class Reader {
 public:
  // The largest piece, in bytes.
  static constexpr std::size_t kMost = std::size_t{64} * 1024;

  OFN_INTERNAL_LAZY explicit Reader(const abi::Incoming& incoming) noexcept
      : incoming_(&incoming) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() = default;

  // Returns the next piece: between 1 and `most` bytes, as they arrive; nullopt at the end of a complete body, and from then on. Waits
  // until there is something. The piece is valid until the next read. Its borders mean nothing.
  // Errors: BodyError if the rest will not come, now and at each further read. std::invalid_argument if `most` is 0.
  OFN_INTERNAL_LAZY
  [[nodiscard("only nullopt says that the body is complete")]] std::optional<std::string_view> read(
      std::size_t most = kMost) {
    if (!try_read(most)) {
      incoming_->table->wait(incoming_->host);
      take_or_throw();
    }
    return next(most);
  }

  // The same for coroutines, which wait without holding a thread. In a task that has lost in when_any() it throws a BodyError and takes
  // nothing; another task reads on.
  OFN_INTERNAL_LAZY auto async_read(std::size_t most = kMost) { return Read(*this, most); }

  // Sets the most bytes that the body may have; without it there is no limit. A larger body makes the next read throw: at once, if the
  // client has announced its size.
  OFN_INTERNAL_LAZY Reader& limit(std::uint64_t bytes) noexcept {
    limit_ = bytes;
    return *this;
  }

  // Returns the size that the client has announced (Content-Length, RFC 9110 §8.6); nullopt if it does not know. A body of another
  // size is never complete.
  std::optional<std::uint64_t> length() const noexcept { return incoming_->length; }
  // Returns how many bytes were read.
  std::uint64_t received() const noexcept { return received_; }
  // Returns the trailers (RFC 9110 §6.5). They are known when read() has returned nullopt; until then there are none.
  OFN_INTERNAL_LAZY std::span<const Field> trailers() const {
    return ended_ ? incoming_->table->trailers(incoming_->host) : std::span<const Field>();
  }

 private:
  struct [[nodiscard("nothing is read until it is awaited: co_await it")]] Read
      : internal::Operation {
    OFN_INTERNAL_LAZY Read(Reader& of, std::size_t size)
        : reader(&of), most(size), ready(of.try_read(size)) {}
    static bool await_ready() noexcept { return false; }
    template <std::derived_from<internal::Promise> P>
    bool await_suspend(std::coroutine_handle<P> waits) {
      scope = waits.promise().scope;
      if (ready || internal::is_stopped(scope)) return false;
      reader->incoming_->table->await(reader->incoming_->host, scope, waits.address());
      return true;
    }
    [[nodiscard("only nullopt says that the body is complete")]] std::optional<std::string_view>
    await_resume() const {
      // A loser takes nothing, also if something has come for it before it was asked to stop. The reader itself is as it was.
      if (internal::is_stopped(scope)) throw BodyError(abi::BodyFailure::kStopped);
      if (!ready) reader->take_or_throw();
      return reader->next(most);
    }
    Reader* reader;
    std::size_t most;
    bool ready;
    const abi::Scope* scope = nullptr;
  };

  // Returns true if next() has something to return.
  OFN_INTERNAL_LAZY bool try_read(std::size_t most) {
    if (most == 0) throw std::invalid_argument("a piece of a body has at least one byte");
    if (incoming_->length.value_or(0) > limit_ || received_ + piece_.size() > limit_)
      fail(abi::BodyFailure::kTooLarge);
    if (failure_) fail(*failure_);
    if (!piece_.empty() || ended_) return true;
    return take(incoming_->table->pull(incoming_->host));
  }
  OFN_INTERNAL_LAZY void take_or_throw() {
    if (!take(incoming_->table->pull(incoming_->host)))
      throw std::logic_error("two reads of one ofn::Reader at the same time");
  }
  OFN_INTERNAL_LAZY [[noreturn]] void fail(abi::BodyFailure failure) {
    failure_ = failure;
    piece_ = {};
    throw BodyError(failure);
  }
  OFN_INTERNAL_LAZY bool take(const abi::Pull& pulled) {
    if (pulled.kind == abi::Pull::Kind::kFailed) fail(pulled.failure);
    if (received_ + pulled.piece.size() > limit_) fail(abi::BodyFailure::kTooLarge);
    piece_ = pulled.piece;
    ended_ = pulled.kind == abi::Pull::Kind::kEnd;
    return pulled.kind != abi::Pull::Kind::kNothingYet;
  }
  OFN_INTERNAL_LAZY std::optional<std::string_view> next(std::size_t most) noexcept {
    if (ended_ && piece_.empty()) return std::nullopt;
    const std::string_view next = piece_.substr(0, most);
    piece_.remove_prefix(next.size());
    received_ += next.size();
    return next;
  }

  const abi::Incoming* incoming_;
  std::string_view piece_;
  std::uint64_t received_ = 0;
  std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
  std::optional<abi::BodyFailure> failure_;
  bool ended_ = false;
};

namespace internal {

// How to call a function with parameters P, one of which is a Reader&.
template <class R, class... P>
struct OFN_INTERNAL_HIDDEN ReaderForm {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = (std::same_as<P, Context&> || ...);
  static constexpr bool kStreams = (std::same_as<P, Writer&> || ...);
  static constexpr bool kReadsPieces = true;

  template <class A>
  static A pass(const abi::Call& call, Reader& reader, Writer* writer) {
    if constexpr (std::same_as<A, Reader&>) {
      return reader;
    } else {
      return argument<A>(call, writer);
    }
  }

  static task<void> run_later(R (*function)(P...), const abi::Call& call, abi::Outcome& outcome) {
    Reader reader(*call.incoming);
    if constexpr (kStreams) {
      Writer writer(*call.stream);
      try {
        co_await function(pass<P>(call, reader, &writer)...);
        if (!writer.begun()) outcome.response = writer.take_head();
      } catch (const BodyError&) {
        if (!is_cut_off(call, writer)) throw;
      }
    } else {
      outcome.response = co_await function(pass<P>(call, reader, nullptr)...);
    }
  }

  static void call(R (*function)(P...), const abi::Call& call, abi::Outcome& outcome) {
    if constexpr (kIsTask<R>) {
      become(run_later(function, call, outcome), call, outcome);
    } else if constexpr (kStreams) {
      Reader reader(*call.incoming);
      Writer writer(*call.stream);
      try {
        function(pass<P>(call, reader, &writer)...);
        if (!writer.begun()) outcome.response = writer.take_head();
      } catch (const BodyError&) {
        if (!is_cut_off(call, writer)) throw;
      }
    } else {
      Reader reader(*call.incoming);
      outcome.response = function(pass<P>(call, reader, nullptr)...);
    }
  }

 private:
  // A client that leaves in the middle of an answer is no crash of the function.
  static bool is_cut_off(const abi::Call& call, const Writer& writer) {
    return writer.begun() && call.incoming->table->cut_off(call.incoming->host);
  }
};

// The supported functions. A row is one form, as OFN_INTERNAL_SERVES has them.
#define OFN_INTERNAL_READS(answer, ...)                                                \
  template <answer R>                                                                  \
  struct OFN_INTERNAL_HIDDEN Form<R (*)(__VA_ARGS__)> : ReaderForm<R, __VA_ARGS__> {}; \
  template <answer R>                                                                  \
  constexpr auto select(R (*function)(__VA_ARGS__)) {                                  \
    return function;                                                                   \
  }                                                                                    \
  template <answer R>                                                                  \
  struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, __VA_ARGS__)>                        \
      : ReaderForm<R, Context&, __VA_ARGS__> {};                                       \
  template <answer R>                                                                  \
  constexpr auto select(R (*function)(Context&, __VA_ARGS__)) {                        \
    return function;                                                                   \
  }

OFN_INTERNAL_READS(HttpAnswer, const Request&, Reader&)
OFN_INTERNAL_READS(HttpAnswer, Request, Reader&)
OFN_INTERNAL_READS(NoAnswer, const Request&, Reader&, Writer&)
OFN_INTERNAL_READS(NoAnswer, Request, Reader&, Writer&)

#undef OFN_INTERNAL_READS

}  // namespace internal

}  // namespace ofn
