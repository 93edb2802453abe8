// The class behind make_server_session(). server_session.cc reads requests, server_session_pieces.cc bodies that the handler takes
// in pieces; server_session_answers.cc answers requests, server_session_memory.cc counts their memory, server_session_end.cc ends the connection.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/http2/answer_writer.h"
#include "wire/http2/engine.h"
#include "wire/http2/frame_budget.h"
#include "wire/http2/large_fields.h"
#include "wire/http2/nghttp2_api.h"
#include "wire/http2/server_session.h"
#include "wire/http2/server_stream.h"
#include "wire/http2/upgrade.h"

namespace ofn::wire::http2 {

class ServerSession final : public Session, public StreamOwner {
 public:
  ServerSession(Handler& handler, const Limits& limits, OnRefused refused, MemoryAccount* account,
                BlockPool* blocks)
      : handler_(handler),
        limits_(limits),
        refused_(std::move(refused)),
        account_(account),
        share_(account),
        max_continuations_(continuations_for(limits)),
        large_fields_(limits.head_bytes, max_continuations_ + 1),
        engine_(Role::kServer, callbacks(), this, blocks) {}
  ~ServerSession() override { leave_streams(); }

  bool upgrade(std::string_view settings, const Message& request);

  void start(Transport& transport) override;
  void receive(std::string_view bytes) override;
  void input_ended() override;
  void lost(const Error&) override { leave_streams(); }
  bool wants_input() const override { return !input_ended_ && !engine_.finished(); }
  std::size_t gather(std::span<std::string_view> buffers) override {
    return shed_ ? 0 : engine_.gather(buffers);
  }
  void sent(std::size_t count) override { engine_.sent(count); }
  Ending ending() const override;
  void drain() override;
  bool idle() const override { return open_ == 0 && !scanner_.unfinished(); }
  bool has_left() const override { return leaving_; }

  std::size_t held_by_peer() const override;
  void shed() override;

  // StreamOwner
  void piece_taken(ServerStream& stream, std::size_t bytes) override;
  void want_piece(ServerStream& stream) override;
  void send_answer(ServerStream& stream, std::span<const Field> extra) override;
  void send_more(ServerStream& stream) override;
  void give_up(ServerStream& stream) override;
  void take_back(ServerStream& stream, std::size_t reserved) override;

 private:
  static constexpr std::uint32_t kMaxStreams = 100;
  // How long a peer may go on sending a request that has its answer (413).
  static constexpr std::chrono::seconds kLingering{1};
  // Says which PING's answer tells that the peer has seen our first GOAWAY.
  static constexpr std::array<std::uint8_t, 8> kFarewellPing = {'o', 'f', 'n', 'd',
                                                                'r', 'a', 'i', 'n'};

  static std::size_t continuations_for(const Limits& limits);
  static nghttp2_session_callbacks* callbacks();
  static ServerSession& self(void* user) { return *static_cast<ServerSession*>(user); }
  ServerStream* find(std::int32_t id) {
    return static_cast<ServerStream*>(nghttp2_session_get_stream_user_data(engine_.get(), id));
  }

  void hear(std::string_view bytes, std::size_t rest);
  ServerStream& open_stream(std::int32_t id);
  int on_begin_frame(const nghttp2_frame_hd& head);
  int on_frame(const nghttp2_frame& frame);
  int on_head(ServerStream& stream, StreamEnd end);
  int on_data(ServerStream* stream, std::string_view bytes);
  void on_closed(std::int32_t id);
  void on_frame_sent(const nghttp2_frame& frame);

  void count_head(ServerStream& stream);
  void count_memory();
  bool may_hold_more(const ServerStream& stream);
  bool has_room(std::size_t bytes);
  void ask_for_memory(ServerStream& stream);
  bool grant_memory(ServerStream& stream);
  void settle_memory(ServerStream& stream);
  void grant_waiting();
  void dispatch(ServerStream& stream);
  // A body that the handler takes in pieces (server_session_pieces.cc).
  void begin_pieces(ServerStream& stream);
  void add_piece(ServerStream& stream, std::string_view bytes);
  void end_pieces(ServerStream& stream);
  void fail_body(ServerStream& stream, BodyProgress why);
  void send_continue(const ServerStream& stream);
  bool refuse_call(ServerStream& stream);
  void answer_early(ServerStream& stream, int status);
  // `refused`: what the log says.
  void answer_early(ServerStream& stream, Response response, const Refused& refused);
  void count_malformed(ServerStream& stream);
  void count_bad_head(ServerStream& stream);
  void count_too_large(const ServerStream& stream);
  void reset(ServerStream& stream, std::uint32_t code);
  bool is_stuck() const;
  void say_farewell();
  void leave_streams();

  const Clock& clock() const { return transport_->loop().clock(); }
  SteadyTime now() const { return transport_->loop().now(); }
  void look_at(SteadyTime due);
  void on_time();
  SteadyTime stream_deadline(const ServerStream& stream) const;
  void stream_timed_out(ServerStream& stream);

  Handler& handler_;
  const Limits& limits_;
  OnRefused refused_;
  MemoryAccount* account_;
  MemoryShare share_;      // of the account, for nghttp2 and the heads
  std::size_t heads_ = 0;  // memory of the streams' heads
  bool shed_ = false;
  Transport* transport_ = nullptr;
  FrameScanner scanner_{NGHTTP2_CLIENT_MAGIC_LEN};
  std::optional<FrameBudget> budget_;
  std::vector<ServerStream*> streams_;  // that are open, or closed but held by a handler
  std::size_t open_ = 0;                // of them are open
  ServerStream* heading_ = nullptr;     // whose header block is being read
  std::int32_t last_id_ = 0;
  std::size_t continuations_ = 0;
  std::size_t block_received_ = 0;  // bytes of the header block that is being read
  std::deque<std::int32_t> reset_;  // by us, lately
  std::vector<std::unique_ptr<ServerStream>> pool_;
  std::deque<std::int32_t> waiting_;  // for memory, first come first served
  std::size_t reserved_ = 0;          // of the memory for large bodies
  AnswerWriter writer_;
  std::optional<TimeLimit> timer_;
  SteadyTime next_look_ = SteadyTime::max();
  SteadyTime idle_since_;
  SteadyTime unfinished_since_ = SteadyTime::max();
  std::unique_ptr<Timer> farewell_;          // while it drains
  std::optional<FieldBlock> upgraded_head_;  // of stream 1, until start()
  std::string upgraded_body_;
  const std::size_t max_continuations_;  // of one header block
  LargeFields large_fields_;
  std::string begun_;  // of a frame's head
  bool draining_ = false;
  bool leaving_ = false;               // the second GOAWAY is on its way
  std::int32_t last_that_counts_ = 0;  // the last stream that it names
  bool idle_drain_ = false;            // no stream was open when the drain began, nor since
  bool farewell_seen_ = false;         // the peer has acknowledged the first GOAWAY
  bool input_ended_ = false;
  bool peer_left_ = false;  // it said GOAWAY
  Engine engine_;
};

}  // namespace ofn::wire::http2
