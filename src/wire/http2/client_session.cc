#include "wire/http2/client_session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <utility>

#include "wire/http2/engine.h"
#include "wire/http2/field_block.h"
#include "wire/http2/nghttp2_api.h"

namespace ofn::wire::http2 {

namespace {

constexpr std::uint32_t kStreamWindow = 256 * 1024;
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
// Stream numbers end at 2^31 - 1 (RFC 9113 §5.1.1). A new connection is asked for before, so that
// requests that come meanwhile still find one.
constexpr std::int32_t kLastStream = 0x7fffffff - 2 * 1024;
constexpr Duration kMaxPatience = std::chrono::minutes(6);  // gRPC servers take a PING in five
constexpr std::size_t kKeptBody = 4096;
constexpr std::size_t kKeptFields = std::size_t{4} * 1024;  // see FieldBlock::clear()

}  // namespace

// Lifetime: reused. It is free again when both have happened: nghttp2 has closed the stream, and
// the outcome was delivered.
struct ClientSession::Call {
  Call(std::uint32_t at, MemoryAccount* account) : index(at), share(account) {}

  std::uint32_t index;
  std::uint32_t generation = 0;
  struct State {
    std::int32_t stream = 0;
    std::string_view body;
    std::size_t sent = 0;
    std::uint64_t head_end = 0;  // where in the output its HEADERS end; 0: not made yet
    int status = 0;
    std::size_t head_size = 0;
    bool has_head = false;  // the final one; what follows are trailers
    bool too_large = false;
    bool in_use = false;
    bool closed = false;
    bool finished = false;
    bool delivered = false;
    std::optional<ClientFailure> failure;
  };
  State state;
  ClientDone done;
  FieldBlock head;
  FieldBlock trailers;
  std::string body;
  MemoryShare share;  // of the answer's fields and body

  RequestTicket id() const { return RequestTicket{(std::uint64_t{generation} << 32U) | index}; }
};

struct ClientSession::Scratch {
  std::vector<nghttp2_nv> common;  // views of the options
  std::vector<nghttp2_nv> nvs;     // of the request that is being submitted
};

nghttp2_session_callbacks* ClientSession::callbacks() {
  static constexpr auto kSelf = [](void* user) -> ClientSession& {
    return *static_cast<ClientSession*>(user);
  };
  nghttp2_session_callbacks* table = nullptr;
  if (nghttp2_session_callbacks_new(&table) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_header_callback(
      table,
      [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
         std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
         void* user) -> int {
        ClientSession& session = kSelf(user);
        Call* call = session.find(frame->hd.stream_id);
        if (call == nullptr) return 0;
        call->state.head_size += name_size + value_size;
        call->state.too_large |= call->state.head_size > session.options_.max_head;
        if (!call->state.too_large)
          (call->state.has_head ? call->trailers : call->head)
              .add(view(name, name_size), view(value, value_size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) -> int {
        kSelf(user).on_frame(frame->hd.type, frame->hd.flags, frame->hd.stream_id);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      table,
      [](nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
         std::size_t size, void* user) -> int {
        if (Call* call = kSelf(user).find(stream)) kSelf(user).on_data(*call, view(data, size));
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      table, [](nghttp2_session*, std::int32_t stream, std::uint32_t code, void* user) -> int {
        if (Call* call = kSelf(user).find(stream)) kSelf(user).on_closed(*call, code);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) -> int {
        if (frame->hd.type != NGHTTP2_HEADERS) return 0;
        if (Call* call = kSelf(user).find(frame->hd.stream_id))
          kSelf(user).engine_->note_end(call->state.head_end);
        return 0;
      });
  nghttp2_session_callbacks_set_send_data_callback(
      table,
      [](nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t size,
         nghttp2_data_source* source, void* user) -> int {
        Call& call = *static_cast<Call*>(source->ptr);
        if (call.state.finished) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        return kSelf(user).engine_->take_data(head, size, call.state.body, call.state.sent);
      });
  return table;
}

ClientSession::ClientSession(const ClientOptions& options, std::function<void()> on_change)
    : options_(options),
      on_change_(std::move(on_change)),
      scratch_(std::make_unique<Scratch>()),
      patience_(options.keepalive_interval),
      engine_(std::make_unique<Engine>(Role::kClient, callbacks(), this, &blocks_)) {
  for (const Header& field : options_.common_fields)
    scratch_->common.push_back(make_nv(
        field.name, field.value, NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE));
}

ClientSession::~ClientSession() {
  on_change_ = nullptr;
  ending_ = Ending::kAbort;
  fail_all(Error(Code::kUnavailable, "the connection was closed"));
  run_ready();
}

SteadyTime ClientSession::now() const { return transport_->loop().now(); }

void ClientSession::start(Transport& transport) {
  transport_ = &transport;
  timer_.emplace(transport.loop(), [this] { on_time(); });
  budget_.emplace(now());
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {.settings_id = NGHTTP2_SETTINGS_ENABLE_PUSH, .value = 0},
      {.settings_id = NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, .value = kStreamWindow},
      {.settings_id = NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       .value = static_cast<std::uint32_t>(options_.max_head)},
  }};
  nghttp2_submit_settings(engine_->get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(engine_->get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  if (options_.first_stream > 1)
    nghttp2_session_set_next_stream_id(engine_->get(), options_.first_stream);
  transport.wake();
}

// --- requests ------------------------------------------------------------------------------------

bool ClientSession::accepts() const { return accepting_ && transport_ != nullptr; }

RequestTicket ClientSession::send(const ClientRequest& request, std::string_view body,
                                  ClientDone done) {
  Call& call = acquire();
  call.done = std::move(done);
  call.state.in_use = true;
  ++in_flight_;
  ++undelivered_;
  if (!accepts()) {
    call.state.closed = true;
    finish(call, ClientFailure{
                     .error = Error(Code::kUnavailable, "the connection takes no more requests"),
                     .reach = Reach::kNever});
    return call.id();
  }
  call.state.body = body;
  std::vector<nghttp2_nv>& nvs = scratch_->nvs;
  nvs.clear();
  nvs.push_back(make_nv(":method", request.method, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  nvs.push_back(make_nv(":scheme", request.scheme, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  nvs.push_back(make_nv(":path", request.path, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  nvs.push_back(make_nv(":authority", request.authority, NGHTTP2_NV_FLAG_NO_COPY_NAME));
  nvs.insert(nvs.end(), scratch_->common.begin(), scratch_->common.end());
  for (const Field& field : request.fields)
    nvs.push_back(make_nv(field.name, field.value, NGHTTP2_NV_FLAG_NO_INDEX));

  nghttp2_data_provider provider{};
  provider.source.ptr = &call;
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t room,
                              std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
    const Call& reading = *static_cast<Call*>(source->ptr);
    if (reading.state.finished) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::size_t left = reading.state.body.size() - reading.state.sent;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left <= room) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(std::min(left, room));
  };
  call.state.stream = nghttp2_submit_request(engine_->get(), nullptr, nvs.data(), nvs.size(),
                                             body.empty() ? nullptr : &provider, &call);
  if (nghttp2_session_get_next_stream_id(engine_->get()) > static_cast<std::uint32_t>(kLastStream))
    stop_accepting();
  if (silent_since_ == SteadyTime::max()) {
    silent_since_ = now();
    look_at(silent_since_ + patience_);
  }
  transport_->wake();
  return call.id();
}

Reach ClientSession::cancel(RequestTicket id) {
  Call* call = find(id);
  if (call == nullptr) return Reach::kMaybe;
  call->done = nullptr;
  if (call->state.finished) return call->state.failure ? call->state.failure->reach : Reach::kMaybe;
  const Reach reach = reach_of(*call);
  nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call->state.stream, NGHTTP2_CANCEL);
  finish(*call, std::nullopt);
  transport_->wake();
  return reach;
}

// HEADERS that have not left as a whole cannot have been understood. Those that were made leave as
// long as the connection lives.
Reach ClientSession::reach_of(const Call& call) const {
  const std::uint64_t end = call.state.head_end;
  const bool cut = ending_ != Ending::kOpen && engine_->written() < end;
  return end == 0 || cut ? Reach::kNever : Reach::kMaybe;
}

ClientSession::Call& ClientSession::acquire() {
  if (free_.empty()) {
    calls_.push_back(
        std::make_unique<Call>(static_cast<std::uint32_t>(calls_.size()), options_.account));
    return *calls_.back();
  }
  Call& call = *free_.back();
  free_.pop_back();
  return call;
}

ClientSession::Call* ClientSession::find(std::int32_t stream) {
  return static_cast<Call*>(nghttp2_session_get_stream_user_data(engine_->get(), stream));
}

ClientSession::Call* ClientSession::find(RequestTicket id) {
  const auto number = static_cast<std::uint64_t>(id);
  const auto index = static_cast<std::uint32_t>(number);
  if (index >= calls_.size()) return nullptr;
  Call& call = *calls_[index];
  return call.state.in_use && call.id() == id && !call.state.delivered ? &call : nullptr;
}

// --- answers -------------------------------------------------------------------------------------

void ClientSession::on_frame(std::uint8_t type, std::uint8_t flags, std::int32_t stream) {
  if (type == NGHTTP2_GOAWAY) return on_farewell();
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return;
  patience_ = options_.keepalive_interval;
  heard();
  Call* call = find(stream);
  if (call == nullptr || call->state.finished) return;
  const StreamEnd end = stream_end(flags);
  if (type == NGHTTP2_HEADERS) return on_head(*call, end);
  if (end == StreamEnd::kYes) finish(*call, std::nullopt);
}

// What still waits for the peer's limit is never sent (RFC 9113 §6.8), and need not wait to hear that
// for answers to others.
void ClientSession::on_farewell() {
  stop_accepting();
  for (const std::unique_ptr<Call>& call : calls_) {
    if (!call->state.in_use || call->state.finished || call->state.head_end > 0) continue;
    nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call->state.stream,
                              NGHTTP2_CANCEL);
    finish(*call, ClientFailure{
                      .error = Error(Code::kUnavailable,
                                     "the peer ended the connection before the request was sent"),
                      .reach = Reach::kNever});
  }
}

void ClientSession::on_head(Call& call, StreamEnd end) {
  if (call.state.too_large) {
    nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call.state.stream, NGHTTP2_CANCEL);
    return finish(call,
                  ClientFailure{.error = Error(Code::kResourceExhausted,
                                               "the answer's fields are larger than " +
                                                   std::to_string(options_.max_head) + " bytes"),
                                .reach = Reach::kMaybe});
  }
  // What every call keeps for the next answer is not counted: an ordinary answer costs no look at the account.
  const std::size_t fields = call.head.capacity() + call.trailers.capacity();
  if (fields > kKeptFields && !call.share.grow_to(call.body.capacity() + fields))
    return refuse_for_memory(call);
  if (!call.state.has_head) {
    const Field* status = find_field(call.head.seal(), ":status");
    const std::string_view text = status == nullptr ? "" : status->value;
    std::from_chars(text.data(), text.data() + text.size(), call.state.status);
    call.state.has_head = call.state.status >= 200;
    if (!call.state.has_head) call.head.clear();  // interim
  }
  if (end == StreamEnd::kYes) finish(call, std::nullopt);
}

void ClientSession::on_data(Call& call, std::string_view bytes) {
  if (call.state.finished) return;
  const std::size_t size = call.body.size() + bytes.size();
  if (size > options_.max_body) {
    nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call.state.stream, NGHTTP2_CANCEL);
    return finish(call,
                  ClientFailure{.error = Error(Code::kResourceExhausted,
                                               "the answer is larger than " +
                                                   std::to_string(options_.max_body) + " bytes"),
                                .reach = Reach::kMaybe});
  }
  if (!grow(call.body, size, options_.max_body, call.share)) return refuse_for_memory(call);
  call.body.append(bytes);
}

// The peer may have done what it was asked: only its answer is lost.
void ClientSession::refuse_for_memory(Call& call) {
  nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call.state.stream, NGHTTP2_CANCEL);
  finish(call, ClientFailure{.error = Error(Code::kUnavailable,
                                            "not enough memory for the answer; try again later"),
                             .reach = Reach::kMaybe});
}

void ClientSession::on_closed(Call& call, std::uint32_t code) {
  nghttp2_session_set_stream_user_data(engine_->get(), call.state.stream, nullptr);
  call.state.closed = true;
  if (!call.state.finished) {
    const Reach reach = code == NGHTTP2_REFUSED_STREAM ? Reach::kNever : reach_of(call);
    finish(call, ClientFailure{
                     .error = Error(Code::kUnavailable, std::string("the stream was closed with ") +
                                                            nghttp2_http2_strerror(code)),
                     .reach = reach,
                     .reset = code});
  } else if (call.state.delivered) {
    recycle(call);
  }
}

// The outcome stands. It is delivered from the loop, so that no callback finds itself inside
// nghttp2.
void ClientSession::finish(Call& call, std::optional<ClientFailure> failure) {
  call.state.finished = true;
  if (--in_flight_ == 0) silent_since_ = SteadyTime::max();
  if (budget_) budget_->answer_received();
  call.state.failure = std::move(failure);
  finished_.push_back(&call);
  if (!call.state.closed && !call.state.failure && call.done != nullptr &&
      call.state.sent < call.state.body.size()) {
    // Answered before the request was sent whole: the rest is of no use.
    nghttp2_submit_rst_stream(engine_->get(), NGHTTP2_FLAG_NONE, call.state.stream, NGHTTP2_CANCEL);
  }
  if (transport_ != nullptr) transport_->loop().run_soon(*this);
}

void ClientSession::run_ready() {
  // First: who hears of a request that was never sent shall not try it here again.
  if (std::exchange(change_due_, false) && on_change_) on_change_();
  // Callbacks may send and cancel: the list may grow while it is walked.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t i = 0; i < finished_.size(); ++i) deliver(*finished_[i]);
  finished_.clear();
  leave_when_done();
}

void ClientSession::deliver(Call& call) {
  ClientDone done = std::exchange(call.done, nullptr);
  call.state.delivered = true;
  --undelivered_;
  if (done != nullptr && call.state.failure) {
    done(std::unexpected(*std::move(call.state.failure)));
  } else if (done != nullptr) {
    const std::span<const Field> head = call.head.fields();
    done(ClientReply{.status = call.state.status,
                     .fields = head.empty() ? head : head.subspan(1),
                     .trailers = call.trailers.seal(),
                     .body = call.body});
  }
  call.state.body = std::string_view();
  if (call.state.closed) recycle(call);
}

void ClientSession::recycle(Call& call) {
  call.state = {};
  call.head.clear();
  call.trailers.clear();
  call.body.clear();
  if (call.body.capacity() > kKeptBody) call.body.shrink_to_fit();
  call.share.release();
  ++call.generation;
  free_.push_back(&call);
}

// --- the connection ------------------------------------------------------------------------------

void ClientSession::receive(std::string_view bytes) {
  heard();
  scanner_.scan(bytes, [this](const FrameHead& frame) { budget_->spend_as_client(frame); });
  engine_->receive(bytes);
  if (budget_->exhausted(now())) engine_->terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  transport_->wake();
}

std::size_t ClientSession::gather(std::span<std::string_view> buffers) {
  if (ending_ != Ending::kOpen) return 0;
  const std::size_t count = engine_->gather(buffers);
  if (count == 0 && engine_->finished() && ending_ == Ending::kOpen) {
    ending_ = Ending::kLinger;
    fail_all(Error(Code::kUnavailable, "the connection was ended, the peer broke the protocol"));
  }
  return count;
}

void ClientSession::sent(std::size_t count) { engine_->sent(count); }

void ClientSession::input_ended() {
  ending_ = Ending::kLinger;
  fail_all(Error(Code::kUnavailable, "the peer closed the connection"));
}

void ClientSession::lost(const Error& error) {
  ending_ = Ending::kAbort;
  fail_all(error);
}

void ClientSession::fail_all(const Error& error) {
  stop_accepting();
  if (timer_) timer_->disarm();
  for (const std::unique_ptr<Call>& call : calls_) {
    if (!call->state.in_use) continue;
    call->state.closed = true;  // nghttp2 runs no more
    if (call->state.delivered)
      recycle(*call);
    else if (!call->state.finished)
      finish(*call, ClientFailure{.error = error, .reach = reach_of(*call)});
  }
}

void ClientSession::stop_accepting() {
  if (!accepting_) return;
  accepting_ = false;
  change_due_ = true;
  if (transport_ != nullptr) transport_->loop().run_soon(*this);
}

void ClientSession::drain() {
  stop_accepting();
  leave_when_done();
}

void ClientSession::leave_when_done() {
  if (accepting_ || undelivered_ > 0 || leaving_ || transport_ == nullptr) return;
  leaving_ = true;
  if (ending_ != Ending::kOpen) return;
  engine_->terminate(NGHTTP2_NO_ERROR);
  transport_->wake();
}

// --- is the peer alive? --------------------------------------------------------------------------

void ClientSession::heard() {
  silent_since_ = in_flight_ > 0 ? now() : SteadyTime::max();
  pinged_at_ = SteadyTime::max();
  if (in_flight_ > 0) look_at(silent_since_ + patience_);
}

void ClientSession::look_at(SteadyTime due) {
  if (due >= next_look_) return;
  next_look_ = due;
  timer_->arm(due);
}

void ClientSession::on_time() {
  next_look_ = SteadyTime::max();
  if (ending_ != Ending::kOpen) return;
  const SteadyTime time = now();
  if (pinged_at_ != SteadyTime::max()) {
    const SteadyTime due = pinged_at_ + options_.keepalive_timeout;
    if (time < due) return look_at(due);
    ending_ = Ending::kAbort;
    fail_all(Error(Code::kUnavailable, "the peer does not answer any more"));
    return transport_->wake();
  }
  if (silent_since_ == SteadyTime::max()) return;
  const SteadyTime due = silent_since_ + patience_;
  if (time < due) return look_at(due);
  nghttp2_submit_ping(engine_->get(), NGHTTP2_FLAG_NONE, nullptr);
  pinged_at_ = time;
  patience_ = std::min(patience_ * 4, kMaxPatience);
  look_at(pinged_at_ + options_.keepalive_timeout);
  transport_->wake();
}

}  // namespace ofn::wire::http2
