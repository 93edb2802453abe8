// Reads what the client of a connection sends: frames, heads and bodies of requests.
#include "wire/http2/server_session.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "wire/http2/server_session_impl.h"

namespace ofn::wire::http2 {

namespace {

// The client may send this much on one stream before the session has granted memory for the body: the default window of
// RFC 9113 §6.9.2.
constexpr std::size_t kFreeBody = 65535;
// The window of the connection: the bytes that may be on their way on all streams together. Each stream has a limit of its
// own.
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
// The least limit of CONTINUATION frames in one header block. With frames of the usual 16 KiB they hold twice the default
// limit of a head; a larger limit of heads allows as many more.
constexpr std::size_t kMaxContinuations = 8;
constexpr std::size_t kFrameHead = 9;
constexpr std::size_t kUsualFrame = std::size_t{16} * 1024;
// The most frames that may wait for a client that does not read. 100 streams need some hundreds. Nothing else limits
// the frames beyond them, which answer what the client spoils.
constexpr std::size_t kMaxBacklog = 1000;
// HPACK expands an ordinary header block to at most this many times its size.
constexpr std::size_t kAmplified = 8;
// The number of streams that are kept for the next requests.
constexpr std::size_t kPooled = 16;

}  // namespace

// --- input ---------------------------------------------------------------------------------------

nghttp2_session_callbacks* ServerSession::callbacks() {
  nghttp2_session_callbacks* table = nullptr;
  if (nghttp2_session_callbacks_new(&table) != 0) throw std::bad_alloc();
  nghttp2_session_callbacks_set_on_begin_frame_callback(
      table, [](nghttp2_session*, const nghttp2_frame_hd* head, void* user) -> int {
        return self(user).on_begin_frame(*head);
      });
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) -> int {
        ServerSession& session = self(user);
        if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
          // A client that has sent GOAWAY and has nothing in flight has left, and the session may be closing already.
          if (session.peer_left_ && session.open_ == 0)
            return session.engine_.refuse(NGHTTP2_NO_ERROR);
          session.heading_ = &session.open_stream(frame->hd.stream_id);
        } else {
          session.heading_ = session.find(frame->hd.stream_id);
          if (session.heading_ != nullptr) session.heading_->begin_trailers();
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_header_callback(
      table,
      [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
         const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) -> int {
        ServerSession& session = self(user);
        if (session.heading_ == nullptr) return 0;
        bool too_large = false;
        const std::string_view real =
            session.large_fields_.value_of(view(value, value_size), too_large);
        if (too_large) session.heading_->note_too_large();
        if (session.heading_->add_field(view(name, name_size), real, session.limits_)) return 0;
        return session.engine_.refuse(NGHTTP2_ENHANCE_YOUR_CALM);
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) -> int {
        return self(user).on_frame(*frame);
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      table,
      [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
         std::size_t size,
         void* user) -> int { return self(user).on_data(self(user).find(id), view(data, size)); });
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, int, void* user) -> int {
        ServerStream* stream = self(user).find(frame->hd.stream_id);
        if (stream == nullptr) return 0;
        if (frame->hd.type == NGHTTP2_HEADERS) {
          self(user).count_bad_head(*stream);
        } else {
          self(user).count_malformed(*stream);
        }
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      table, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) -> int {
        self(user).on_closed(id);
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      table, [](nghttp2_session*, const nghttp2_frame* frame, void* user) -> int {
        self(user).on_frame_sent(*frame);
        return 0;
      });
  nghttp2_session_callbacks_set_send_data_callback(
      table,
      [](nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t size,
         nghttp2_data_source* source, void* user) -> int {
        auto& stream = *static_cast<ServerStream*>(source->ptr);
        const int refused =
            self(user).engine_.take_data(head, size, stream.answer_body(), stream.notes.sent);
        if (refused != 0) return refused;
        stream.notes.last_progress = self(user).now();
        stream.notes.taken = true;
        self(user).budget_->data_sent(size, stream.unsent());
        stream.notify_room();
        return 0;
      });
  return table;
}

void ServerSession::start(Transport& transport) {
  transport_ = &transport;
  timer_.emplace(transport.loop(), [this] { on_time(); });
  budget_.emplace(now());
  idle_since_ = now();
  unfinished_since_ = now();
  const std::array<nghttp2_settings_entry, 2> settings = {{
      {.settings_id = NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, .value = kMaxStreams},
      {.settings_id = NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       .value = static_cast<std::uint32_t>(limits_.head_bytes)},
  }};
  nghttp2_submit_settings(engine_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(engine_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  look_at(now() + std::min(limits_.head_timeout, limits_.idle_timeout));
  if (upgraded_head_) {
    ServerStream& stream = open_stream(1);
    for (const Field& field : upgraded_head_->seal())
      stream.add_field(field.name, field.value, limits_);
    stream.body() = std::move(upgraded_body_);
    stream.share().add(stream.body().capacity());
    upgraded_head_.reset();
    on_head(stream, StreamEnd::kYes);
  }
  transport.wake();
}

std::size_t ServerSession::continuations_for(const Limits& limits) {
  return std::max(kMaxContinuations, 2 * limits.head_bytes / kUsualFrame);
}

void ServerSession::receive(std::string_view bytes) {
  if (shed_) return;
  std::string joined;
  if (!begun_.empty()) {
    joined = std::exchange(begun_, {}).append(bytes);
    bytes = joined;
    scanner_.forget_head();
  }
  const std::size_t rest = scanner_.rest();
  bool goes_on = large_fields_.holding();
  scanner_.scan(bytes, [&](const FrameHead& frame) {
    budget_->spend(frame);
    goes_on = goes_on || LargeFields::begins(frame);
  });
  if (budget_->exhausted(now())) {
    engine_.terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  } else {
    // nghttp2 gets the head of a frame whole, because the frame may have to wait.
    if (const std::size_t begun = scanner_.begun_head(); begun > 0) {
      begun_ = bytes.substr(bytes.size() - begun);
      bytes.remove_suffix(begun);
    }
    if (goes_on) {
      hear(bytes, rest);
    } else {
      engine_.receive(bytes);
    }
    if (budget_->exhausted() || engine_.backlog() > kMaxBacklog)
      engine_.terminate(NGHTTP2_ENHANCE_YOUR_CALM);
  }
  if (!scanner_.unfinished()) {
    unfinished_since_ = SteadyTime::max();
  } else if (unfinished_since_ == SteadyTime::max()) {
    unfinished_since_ = now();
    look_at(unfinished_since_ + limits_.head_timeout);
  }
  count_memory();
  transport_->wake();
}

// Passes on `bytes`, but header blocks of several frames through large_fields_. The first `rest` bytes belong to a frame
// that has begun before.
void ServerSession::hear(std::string_view bytes, std::size_t rest) {
  const auto pass_on = [this](std::string_view whole) { engine_.receive(whole); };
  if (large_fields_.holding()) {
    bytes.remove_prefix(large_fields_.take(bytes, pass_on));
    if (large_fields_.holding()) return;
    rest = large_fields_.rest();
  }
  std::size_t at = std::min(rest, bytes.size());
  while (at < bytes.size()) {
    FrameScanner frames(0);
    FrameHead head;
    frames.scan(bytes.substr(at, kFrameHead), [&](const FrameHead& found) { head = found; });
    if (!LargeFields::begins(head)) {
      at = std::min(at + kFrameHead + head.length, bytes.size());
      continue;
    }
    engine_.receive(bytes.substr(0, at));
    bytes.remove_prefix(at);
    bytes.remove_prefix(large_fields_.take(bytes, pass_on));
    if (large_fields_.holding()) return;
    at = std::min(large_fields_.rest(), bytes.size());
  }
  engine_.receive(bytes);
}

ServerStream& ServerSession::open_stream(std::int32_t id) {
  if (pool_.empty())
    pool_.push_back(std::make_unique<ServerStream>(*this, transport_->loop(), account_));
  ServerStream& stream = *pool_.back().release();  // its own from now on, see ServerStream
  pool_.pop_back();
  last_id_ = id;
  stream.index = streams_.size();
  streams_.push_back(&stream);
  ++open_;
  idle_drain_ = false;
  stream.open(id, transport_->peer(), now());
  nghttp2_session_set_stream_user_data(engine_.get(), id, &stream);
  return stream;
}

int ServerSession::on_begin_frame(const nghttp2_frame_hd& head) {
  const std::uint8_t type = head.type;
  const std::int32_t id = head.stream_id;
  // The frame behind the one that exhausted the budget ends the connection, however the bytes were cut.
  if (budget_->exhausted()) return engine_.refuse(NGHTTP2_ENHANCE_YOUR_CALM);
  if (type == NGHTTP2_HEADERS) block_received_ = head.length;
  if (type == NGHTTP2_CONTINUATION) block_received_ += head.length;
  if (type == NGHTTP2_CONTINUATION)
    return ++continuations_ > max_continuations_ ? engine_.refuse(NGHTTP2_ENHANCE_YOUR_CALM) : 0;
  continuations_ = 0;
  if (type != NGHTTP2_HEADERS) return 0;
  if (id > last_id_) {
    if (open_ >= kMaxStreams) budget_->opened_nothing();
    return 0;
  }
  budget_->opened_nothing();
  // nghttp2 ignores HEADERS for a stream that it does not remember, because they may be trailers
  // that crossed a RST_STREAM. The session remembers which streams it has reset; for every other one
  // HEADERS are an error (RFC 9113 §5.1.1: a new stream's number is larger than all before). An idle
  // stream has only got a priority.
  nghttp2_stream* known = nghttp2_session_find_stream(engine_.get(), id);
  if (known != nullptr && nghttp2_stream_get_state(known) != NGHTTP2_STREAM_STATE_IDLE) return 0;
  if (std::ranges::find(reset_, id) != reset_.end()) return 0;
  return engine_.refuse(NGHTTP2_PROTOCOL_ERROR);
}

int ServerSession::on_frame(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
    if (std::ranges::equal(frame.ping.opaque_data, kFarewellPing)) {
      farewell_seen_ = true;
      say_farewell();
    }
    return 0;
  }
  if (frame.hd.type == NGHTTP2_GOAWAY) peer_left_ = true;
  if (frame.hd.type == NGHTTP2_RST_STREAM && find(frame.hd.stream_id) == nullptr)
    budget_->answer_thrown_away();
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return 0;
  ServerStream* stream = find(frame.hd.stream_id);
  if (stream == nullptr) return 0;
  const StreamEnd end = stream_end(frame.hd.flags);
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST)
    return on_head(*stream, end);
  if (end == StreamEnd::kYes) dispatch(*stream);
  return 0;
}

int ServerSession::on_head(ServerStream& stream, StreamEnd end) {
  // A request that arrives before the second GOAWAY is sent. The client will read there that nobody has seen the request, and may send
  // it again elsewhere, so nobody may see it. nghttp2 ignores only what comes later.
  if (leaving_ && stream.id() > last_that_counts_) {
    reset(stream, NGHTTP2_REFUSED_STREAM);
    return 0;
  }
  stream.notes.receiving = end == StreamEnd::kNo;
  count_head(stream);
  const HeadVerdict verdict =
      may_hold_more(stream) ? stream.check_head(limits_) : HeadVerdict::refused(503);
  if (verdict.kind == HeadVerdict::Kind::kMalformed) {
    count_bad_head(stream);
    reset(stream, NGHTTP2_PROTOCOL_ERROR);
  } else if (verdict.kind == HeadVerdict::Kind::kRefused) {
    if (verdict.status == 431) count_too_large(stream);
    answer_early(stream, verdict.status);
  } else if (stream.is_grpc_call() && refuse_call(stream)) {
    // It is answered. Its stream may stay open for as long as the client likes.
  } else if (end == StreamEnd::kYes) {
    dispatch(stream);
  } else if (handler_.takes_pieces(stream.request())) {
    begin_pieces(stream);
  } else if (stream.content_length().value_or(0) > limits_.body_bytes) {
    answer_early(stream, 413);
  } else if (!has_room(stream.content_length().value_or(0))) {
    answer_early(stream, 503);
  } else {
    look_at(stream.notes.last_progress + limits_.body_timeout);
    const std::size_t size = stream.content_length().value_or(0);
    if (size > kFreeBody) ask_for_memory(stream);
    // Reserves what the client announces, while there is plenty of memory.
    if (!stream.notes.waits_for_memory && (account_ == nullptr || account_->may_reserve(size)))
      grow(stream.body(), size, size, stream.share());
    if (stream.expects_continue()) send_continue(stream);
  }
  return 0;
}

int ServerSession::on_data(ServerStream* stream, std::string_view bytes) {
  nghttp2_session_consume_connection(engine_.get(), bytes.size());
  if (stream == nullptr || stream->notes.discarding) return 0;
  if (stream->notes.in_pieces) {
    add_piece(*stream, bytes);
    return 0;
  }
  stream->notes.last_progress = now();
  std::string& body = stream->body();
  const std::size_t size = body.size() + bytes.size();
  if (size > limits_.body_bytes) {
    answer_early(*stream, 413);
    return 0;
  }
  const std::size_t most = stream->content_length().value_or(limits_.body_bytes);
  if (!grow(body, size, most, stream->share(), *transport_)) {
    answer_early(*stream, 503);
    return 0;
  }
  body.append(bytes);
  if (stream->notes.reserved == 0 && !stream->notes.waits_for_memory &&
      body.size() > kFreeBody / 2) {
    ask_for_memory(*stream);
  } else if (stream->notes.reserved > 0) {
    nghttp2_session_consume_stream(engine_.get(), stream->id(), bytes.size());
  }
  return 0;
}

void ServerSession::dispatch(ServerStream& stream) {
  stream.notes.receiving = false;
  if (stream.notes.discarding) return;
  if (stream.notes.in_pieces) return end_pieces(stream);
  if (stream.has_bad_trailer()) {
    count_bad_head(stream);
    return reset(stream, NGHTTP2_PROTOCOL_ERROR);
  }
  if (stream.trailers_too_large()) {
    count_too_large(stream);
    return answer_early(stream, 431);
  }
  settle_memory(stream);
  handler_.handle(stream.give_to_handler());
}

// --- what a bad request costs --------------------------------------------------------------------

// Counts a malformed head, or malformed trailers. A proxy passes on what its clients send, and no call has begun: so it
// costs as much as a useless frame.
void ServerSession::count_bad_head(ServerStream& stream) {
  if (!std::exchange(stream.notes.accounted, true)) budget_->opened_nothing();
}

// Counts a head that is too large. A few bytes may stand for many fields, and the session must decode all of them to
// understand the next head. If the client has sent most of them in full, it only has too much to say.
void ServerSession::count_too_large(const ServerStream& stream) {
  if (stream.block_size() > kAmplified * block_received_) {
    budget_->request_spoilt();
  } else {
    budget_->opened_nothing();
  }
}

// Counts at once, because nghttp2 closes the stream only after it has handled everything that was read with it.
void ServerSession::count_malformed(ServerStream& stream) {
  if (!std::exchange(stream.notes.accounted, true)) budget_->request_malformed();
}

void ServerSession::reset(ServerStream& stream, std::uint32_t code) {
  stream.notes.discarding = true;
  nghttp2_submit_rst_stream(engine_.get(), NGHTTP2_FLAG_NONE, stream.id(), code);
}

// --- streams' ends -------------------------------------------------------------------------------------

void ServerSession::on_closed(std::int32_t id) {
  ServerStream* stream = find(id);
  if (stream == nullptr) return;
  // A client that has read some of an answer in pieces leaves when it has enough: nothing is spoilt.
  const bool has_some = stream->in_pieces() && stream->notes.taken;
  if (!stream->notes.complete && !stream->notes.accounted && !has_some) budget_->request_spoilt();
  nghttp2_session_set_stream_user_data(engine_.get(), id, nullptr);
  if (heading_ == stream) heading_ = nullptr;
  if (--open_ == 0) {
    idle_since_ = now();
    look_at(idle_since_ + limits_.idle_timeout);
  }
  if (stream->notes.waits_for_memory) std::erase(waiting_, id);
  stream->close();
}

void ServerSession::take_back(ServerStream& stream, std::size_t reserved) {
  reserved_ -= reserved;
  heads_ -= stream.counted_head;
  stream.counted_head = 0;
  streams_[stream.index] = streams_.back();
  streams_[stream.index]->index = stream.index;
  streams_.pop_back();
  std::unique_ptr<ServerStream> owned(&stream);
  if (pool_.size() < kPooled) pool_.push_back(std::move(owned));
  grant_waiting();
}

void ServerSession::leave_streams() {
  waiting_.clear();
  std::vector<ServerStream*> left = std::exchange(streams_, {});
  for (ServerStream* stream : left) stream->orphan();
  // A handler that learns that its exchange is abandoned may release other exchanges. Only open streams still belong to the
  // session.
  std::erase_if(left, [](const ServerStream* stream) { return !stream->is_open(); });
  for (ServerStream* stream : left) {
    nghttp2_session_set_stream_user_data(engine_.get(), stream->id(), nullptr);
    stream->close();
  }
  open_ = 0;
  heading_ = nullptr;
  if (timer_) timer_->disarm();
  farewell_.reset();
}

// --- Upgrade: h2c --------------------------------------------------------------------------------

bool ServerSession::upgrade(std::string_view settings, const Message& request) {
  const std::optional<std::string> payload = decode_http2_settings(settings);
  if (!payload) return false;
  if (nghttp2_session_upgrade2(engine_.get(), bytes_of(*payload), payload->size(),
                               request.method == "HEAD" ? 1 : 0, nullptr) != 0)
    return false;
  add_upgraded_head(upgraded_head_.emplace(), request);
  upgraded_body_.assign(request.body);
  return true;
}

std::unique_ptr<Session> make_server_session(Handler& handler, const Limits& limits,
                                             OnRefused refused, MemoryAccount* account,
                                             BlockPool* blocks) {
  return std::make_unique<ServerSession>(handler, limits, std::move(refused), account, blocks);
}

Result<std::unique_ptr<Session>> make_upgraded_session(Handler& handler, const Limits& limits,
                                                       std::string_view settings,
                                                       const Message& request, OnRefused refused,
                                                       MemoryAccount* account, BlockPool* blocks) {
  auto session =
      std::make_unique<ServerSession>(handler, limits, std::move(refused), account, blocks);
  if (!session->upgrade(settings, request))
    return fail(Code::kInvalidArgument, "HTTP2-Settings is malformed");
  return session;
}

}  // namespace ofn::wire::http2
