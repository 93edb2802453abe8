// The connection between the supervisor and a worker: a Unix socket that keeps messages apart and carries descriptors.
//
//   auto [ours, theirs] = *ControlChannel::pair();              // the worker inherits `theirs`
//   ours.send(MessageKind::kRelease);
//   auto [message, ended] = ours.receive();                     // when fd() is readable
//
// A worker sends kServing when it serves, kBegan and kCall when a call begins and when it has ended, kConnection for each connection
// that it passes on, kLeft when it begins no further request, kStillRuns of a call that does not return, and kTold with words for the developer. Its handler of crashes and exits
// sends kCrashing and kReport, which is why these are single bytes. The supervisor sends kRelease to make a worker leave, kConnection, and kDirect.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::dev {

enum class MessageKind : std::uint8_t {
  kServing = 's',
  kCall = 'c',
  kConnection = 'f',  // with a descriptor; the text is what was read and not used
  kRelease = 'r',
  kLeft = 'l',
  kBegan =
      'b',  // a call: its id, its function or "-", and what it is: "GET /a?b", with blanks between
  kCrashing = 'x',  // the worker begins to crash; a report follows
  kReport = '{',    // the rest of a line of os::WatchedProcess, in JSON
  kTold = 't',      // words for the developer
  kStillRuns = 'w',
  kDirect =
      'd',  // with a descriptor: a connection for calls of the developer; the text is their CallMode
};

struct Message {
  MessageKind kind{};
  std::string text = {};
  os::Descriptor descriptor{};
};

// Threads: send() any; receive() one.
class ControlChannel {
 public:
  // The largest text of a message in the socket. try_send() puts a larger one, up to kMostInFile, into a file in memory, because a
  // message must fit into the socket's buffer, which unprivileged programs may not enlarge much (net.core.wmem_max).
  static constexpr std::size_t kMost = std::size_t{128} << 10;
  static constexpr std::size_t kMostInFile = std::size_t{8} << 20;

  // Returns both ends. Programs that this process starts inherit neither. Errors: kResourceExhausted.
  static Result<std::pair<ControlChannel, ControlChannel>> pair();
  // Takes an inherited end. Errors: kInvalidArgument: the descriptor is no such socket.
  static Result<ControlChannel> inherit(int fd);

  int fd() const { return socket_.get(); }
  // Sends a message, and waits if the other end is slow. The descriptor, if there is one, stays this process's, too.
  // Errors: kUnavailable: the other end is closed. kInvalidArgument: the text is too large.
  Result<void> send(MessageKind kind, std::string_view text = {}, int descriptor = -1) const;
  // Sends a message that may be lost. Returns false if the other end is slow or closed, or if the text is too large. Texts above
  // kMost are lost earlier than others, so that few files wait.
  [[nodiscard]] bool try_send(MessageKind kind, std::string_view text) const;

  enum class Sent : std::uint8_t { kSent, kFull, kClosed };
  // Sends a message if the channel has room for it, and never waits. After kFull, fd() becomes writable when there is room again.
  // kClosed: the other end is closed, or the text is too large.
  [[nodiscard]] Sent send_now(MessageKind kind, std::string_view text = {},
                              int descriptor = -1) const;
  // Returns how much of what this end has sent the other one has not read yet, in bytes of the kernel's memory.
  std::size_t unread() const;

  struct Received {
    std::optional<Message> message;  // nullopt: there is none at present
    bool ended = false;              // the other end is closed
  };
  // Returns the next message. Never blocks.
  Received receive() const;

 private:
  explicit ControlChannel(os::Descriptor socket) : socket_(std::move(socket)) {}

  os::Descriptor socket_;
};

}  // namespace ofn::dev
