#include "wire/grpc/channel.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "wire/http2/field_block.h"

namespace ofn::wire::grpc {

namespace {

constexpr double kBackoffFactor = 1.6;
constexpr double kBackoffJitter = 0.2;
constexpr int kBackoffSteps = 30;  // beyond them it is at its maximum anyway
constexpr std::size_t kKeptRequest = 4096;

std::string_view value_of(std::span<const Field> fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string_view() : field->value;
}

std::ptrdiff_t statuses_in(std::span<const Field> fields) {
  return std::ranges::count_if(
      fields, [](const Field& field) { return same_field_name(field.name, "grpc-status"); });
}

}  // namespace

struct Channel::Call {
  Call(Channel& channel, std::uint32_t at)
      : index(at), timer(channel.loop_, [this, &channel] { channel.on_deadline(*this); }) {}

  enum class State : std::uint8_t { kFree, kQueued, kSent, kFailed };

  std::uint32_t index;
  std::uint32_t generation = 0;
  State state = State::kFree;
  WhenUnready when_unready = WhenUnready::kFail;
  Deadline deadline;
  std::string path;
  std::string body;  // framed
  http2::FieldBlock metadata;
  CallDone done;
  http2::ClientSession* session = nullptr;  // when sent
  http2::RequestTicket request{};
  Status failure;               // when failed
  Reach reach = Reach::kNever;  // when failed
  TimeLimit timer;

  CallId id() const { return CallId{(std::uint64_t{generation} << 32U) | index}; }
};

struct Channel::Attached {
  std::unique_ptr<Link> link;
  http2::ClientSession* session = nullptr;
  bool served = false;  // it has brought an answer
};

Channel::Channel(Loop& loop, Connector connector, ChannelOptions options)
    : loop_(loop),
      connector_(std::move(connector)),
      options_(std::move(options)),
      backoff_(loop, [this] {
        backing_off_ = false;
        if (!queue_.empty()) connect();
      }) {}

Channel::~Channel() {
  for (const std::unique_ptr<Call>& call : calls_) {
    if (call->state == Call::State::kSent) call->session->cancel(call->request);
  }
}

// --- calls ---------------------------------------------------------------------------------------

CallId Channel::call(std::string_view path, std::string_view request, const CallOptions& options,
                     CallDone done) {
  OFN_CHECK(!closing_);
  Call& call = acquire();
  call.done = std::move(done);
  ++in_flight_;
  if (std::optional<Status> problem = prepare(call, path, request, options)) {
    fail_later(call, *std::move(problem));
  } else if (call.deadline.passed(loop_.now())) {
    fail_later(call, {.code = Code::kDeadlineExceeded, .message = "the deadline has passed"});
  } else {
    if (!call.deadline.is_never()) call.timer.arm(call.deadline.at());
    enqueue(call);
  }
  return call.id();
}

std::optional<Status> Channel::prepare(Call& call, std::string_view path, std::string_view request,
                                       const CallOptions& options) const {
  call.deadline = loop_.in_force(options.deadline);
  call.when_unready = options.when_unready;
  call.path = path;
  append_frame(call.body, request,
               options.encoding.empty() ? Packing::kPlain : Packing::kCompressed);
  if (!options.encoding.empty()) call.metadata.add("grpc-encoding", options.encoding);
  for (const Field& field : options.metadata) {
    if (!valid_metadata_name(field.name))
      return Status{.code = Code::kInvalidArgument,
                    .message = "'" + std::string(field.name) + "' is not a valid metadata name"};
    if (is_binary(field.name)) {
      call.metadata.add(field.name, encode_binary(field.value));
    } else if (valid_metadata_value(field.value)) {
      call.metadata.add(field.name, field.value);
    } else {
      return Status{.code = Code::kInvalidArgument,
                    .message = "the value of metadata '" + std::string(field.name) +
                               "' is not printable ASCII; bytes need a name that ends in -bin"};
    }
  }
  return std::nullopt;
}

void Channel::enqueue(Call& call) {
  if (session_ != nullptr && session_->accepts()) return send(call);
  if (backing_off_ && call.when_unready == WhenUnready::kFail)
    return fail_later(call, {.code = Code::kUnavailable, .message = last_error_});
  call.state = Call::State::kQueued;
  queue_.push_back(&call);
  if (!backing_off_ && dialing_ == nullptr) connect();
}

void Channel::send(Call& call) {
  call.state = Call::State::kSent;
  call.session = session_;
  fields_.clear();
  // What is left of the time is said when it is known how much that is.
  std::string timeout;
  if (!call.deadline.is_never()) {
    timeout = format_timeout(call.deadline.left(loop_.now()));
    fields_.push_back({.name = "grpc-timeout", .value = timeout});
  }
  const std::span<const Field> metadata = call.metadata.seal();
  fields_.insert(fields_.end(), metadata.begin(), metadata.end());
  call.request = session_->send(
      {.authority = options_.authority, .path = call.path, .fields = fields_}, call.body,
      [this, &call](const http2::ClientOutcome& outcome) { on_outcome(call, outcome); });
}

void Channel::on_outcome(Call& call, const http2::ClientOutcome& outcome) {
  if (outcome) {
    for (const auto& attached : links_) attached->served |= attached->session == call.session;
    return on_reply(call, *outcome);
  }
  const http2::ClientFailure& failure = outcome.error();
  if (failure.reach == Reach::kNever && !call.session->accepts() && !closing_) {
    call.session = nullptr;
    return enqueue(call);
  }
  const Code code = failure.reset ? code_of_reset(*failure.reset) : failure.error.code();
  finish(call, {.status = {.code = code, .message = failure.error.text()}, .reach = failure.reach});
}

void Channel::on_reply(Call& call, const http2::ClientReply& reply) {
  // A trailers-only answer says in its head what the others say in their trailers: it has no body.
  const bool only_head = reply.trailers.empty() && reply.body.empty();
  const std::span<const Field> last = only_head ? reply.fields : reply.trailers;
  CallResult result{.status = {},
                    .initial_metadata = reply.fields,
                    .trailing_metadata = last,
                    .reach = Reach::kMaybe};
  Status& status = result.status;
  const Field* code = find_field(last, "grpc-status");
  if (code == nullptr) {
    status.code = code_of_http_status(reply.status);
    status.message =
        "the peer answered HTTP status " + std::to_string(reply.status) + " without a gRPC status";
    return finish(call, result);
  }
  // One that contradicts itself has confirmed nothing.
  if (statuses_in(reply.fields) + statuses_in(reply.trailers) > 1) {
    status = {.code = Code::kUnknown, .message = "the peer's answer has more than one gRPC status"};
    return finish(call, result);
  }
  status.code = parse_code(code->value);
  if (status.ok() && reply.status != 200) {
    status = {.code = code_of_http_status(reply.status),
              .message = "the peer answered HTTP status " + std::to_string(reply.status)};
    return finish(call, result);
  }
  if (!status.ok()) {
    status.message = percent_decode(value_of(last, "grpc-message"));
    if (const auto details = decode_binary(value_of(last, "grpc-status-details-bin")))
      status.details = details->front();
    return finish(call, result);
  }

  if (!is_grpc_content_type(value_of(reply.fields, "content-type"))) {
    status = {.code = Code::kUnknown, .message = "the peer's answer is not gRPC"};
    return finish(call, result);
  }
  std::string inflated;
  const auto message = unframe(reply.body, {.max_size = options_.max_message,
                                            .encoding = value_of(reply.fields, "grpc-encoding"),
                                            .inflated = &inflated});
  if (message) {
    result.message = *message;
  } else {
    status = message.error();
  }
  finish(call, result);
}

void Channel::on_deadline(Call& call) {
  std::string message = "the deadline has passed";
  if (call.state == Call::State::kQueued && !last_error_.empty())
    message += " before there was a connection: " + last_error_;
  const Reach reach = detach(call);
  finish(call, {.status = {.code = Code::kDeadlineExceeded, .message = std::move(message)},
                .reach = reach});
}

Reach Channel::cancel(CallId id) {
  Call* call = find(id);
  if (call == nullptr) return Reach::kMaybe;
  const Reach reach = detach(*call);
  call->done = nullptr;
  finish(*call, {.status = {.code = Code::kCancelled}, .reach = reach});
  return reach;
}

// Takes the call out of wherever it waits.
Reach Channel::detach(Call& call) {
  switch (call.state) {
    case Call::State::kSent:
      return call.session->cancel(call.request);
    case Call::State::kQueued:
      std::erase(queue_, &call);
      return Reach::kNever;
    case Call::State::kFailed:
      std::erase(failed_, &call);
      return call.reach;
    case Call::State::kFree:
      break;
  }
  return Reach::kMaybe;
}

void Channel::finish(Call& call, const CallResult& result) {
  CallDone done = std::exchange(call.done, nullptr);
  call.timer.disarm();
  --in_flight_;
  if (done != nullptr) done(result);
  recycle(call);
}

// For what is known at once: the callback runs from the loop.
void Channel::fail_later(Call& call, Status status, Reach reach) {
  call.state = Call::State::kFailed;
  call.failure = std::move(status);
  call.reach = reach;
  failed_.push_back(&call);
  loop_.run_soon(*this);
}

void Channel::run_ready() {
  while (!failed_.empty()) {
    Call& call = *failed_.front();
    failed_.erase(failed_.begin());
    finish(call, {.status = std::exchange(call.failure, {}), .reach = call.reach});
  }
  if (closing_ && links_.empty()) {
    if (auto closed = std::exchange(closed_, nullptr)) closed();
  }
}

Channel::Call& Channel::acquire() {
  if (free_.empty()) {
    calls_.push_back(std::make_unique<Call>(*this, static_cast<std::uint32_t>(calls_.size())));
    return *calls_.back();
  }
  Call& call = *free_.back();
  free_.pop_back();
  return call;
}

Channel::Call* Channel::find(CallId id) {
  const auto number = static_cast<std::uint64_t>(id);
  const auto index = static_cast<std::uint32_t>(number);
  if (index >= calls_.size()) return nullptr;
  Call& call = *calls_[index];
  return call.state != Call::State::kFree && call.done != nullptr && call.id() == id ? &call
                                                                                     : nullptr;
}

void Channel::recycle(Call& call) {
  ++call.generation;
  call.state = Call::State::kFree;
  call.session = nullptr;
  call.body.clear();
  if (call.body.capacity() > kKeptRequest) call.body.shrink_to_fit();
  call.metadata.clear();
  free_.push_back(&call);
}

// --- the connection ------------------------------------------------------------------------------

void Channel::connect() {
  dialing_ = connector_(Deadline::in(options_.connect_timeout, loop_.clock()),
                        [this](Result<std::unique_ptr<Link>> link) { on_link(std::move(link)); });
}

void Channel::on_link(Result<std::unique_ptr<Link>> link) {
  // The attempt must outlive its own callback.
  const std::unique_ptr<Dialing> over = std::move(dialing_);
  if (!link) return attempt_failed(link.error());
  Attached& attached = *links_.emplace_back(std::make_unique<Attached>());
  auto session = std::make_unique<http2::ClientSession>(
      http2::ClientOptions{.common_fields = {{"te", "trailers"},
                                             {"content-type", "application/grpc"},
                                             {"user-agent", options_.user_agent}},
                           .max_body = options_.max_message + kFrameHeadSize,
                           .keepalive_interval = options_.keepalive_interval,
                           .keepalive_timeout = options_.keepalive_timeout,
                           .first_stream = options_.first_stream,
                           .account = options_.account},
      [this, &attached] { on_session_change(attached); });
  attached.link = *std::move(link);
  attached.session = session.get();
  session_ = session.get();
  attached.link->start(std::move(session), [this, &attached] { on_link_gone(attached); });
  for (Call* call : std::exchange(queue_, {})) send(*call);
}

// It takes no more calls. What is in flight on it goes on; the next call makes a new connection.
void Channel::on_session_change(Attached& attached) {
  if (session_ != attached.session) return;
  session_ = nullptr;
  if (closing_) return;
  if (options_.connection_lost) options_.connection_lost();
  if (attached.served || attached.session->in_flight() > 0) {
    failures_ = 0;
    if (!queue_.empty() && dialing_ == nullptr && !backing_off_) connect();
  } else {
    attempt_failed(Error(Code::kUnavailable, "the peer ended the connection before it answered"));
  }
}

void Channel::on_link_gone(Attached& attached) {
  on_session_change(attached);
  const auto at = std::ranges::find(links_, &attached, &std::unique_ptr<Attached>::get);
  const std::unique_ptr<Attached> gone = std::move(*at);
  links_.erase(at);
  if (closing_) loop_.run_soon(*this);
}

void Channel::attempt_failed(const Error& error) {
  last_error_ = error.text();
  back_off();
  fail_unready();
}

void Channel::back_off() {
  const double grown = std::pow(kBackoffFactor, std::min(failures_++, kBackoffSteps));
  const double jitter = 1.0 + kBackoffJitter * (2.0 * loop_.random().unit() - 1.0);
  const auto most = static_cast<double>(options_.max_backoff.count());
  const double wait =
      std::min(static_cast<double>(options_.first_backoff.count()) * grown, most) * jitter;
  backing_off_ = true;
  backoff_.arm(loop_.clock().now() + Duration(static_cast<Duration::rep>(wait)));
}

void Channel::fail_unready() {
  std::deque<Call*> waiting;
  for (Call* call : std::exchange(queue_, {})) {
    if (call->when_unready == WhenUnready::kWait) {
      waiting.push_back(call);
    } else {
      fail_later(*call, {.code = Code::kUnavailable, .message = last_error_});
    }
  }
  queue_ = std::move(waiting);
}

void Channel::close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  dialing_.reset();
  backoff_.disarm();
  for (const std::unique_ptr<Call>& call : calls_) {
    if (call->state != Call::State::kQueued && call->state != Call::State::kSent) continue;
    if (call->done == nullptr) continue;  // its callback is running
    const Reach reach = detach(*call);
    fail_later(*call, {.code = Code::kCancelled, .message = "the channel was closed"}, reach);
  }
  session_ = nullptr;
  for (const auto& attached : links_) attached->session->drain();
  loop_.run_soon(*this);
}

}  // namespace ofn::wire::grpc
