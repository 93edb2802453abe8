// A client of HTTP on a loop, by libcurl's multi interface: many requests at once, without a thread.
//
//   MultiClient client(*library, loop, descriptors, {});
//   auto request = client.send(call, [](Result<blocking::HttpReply> reply) { … });
//   if (!request) complain(request.error().message());
//   request->reset();  // gives it up
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "loop/descriptor_waits.h"
#include "loop/loop.h"
#include "wire/blocking/http_client.h"
#include "wire/curl/library.h"

namespace ofn::wire::curl {

// Lifetime: the loop and `waits` outlive it; it outlives its requests. Threads: the loop's.
// Cost: some kilobytes and a few microseconds for each request. Up to kMostIdle connections stay open for later requests.
class MultiClient {
 public:
  static constexpr long kMostIdle = 32;
  using Done = std::move_only_function<void(Result<blocking::HttpReply>)>;

  // A request that is under way; the destructor gives it up, and `done` does not run.
  class Request;
  struct GiveUp {
    void operator()(Request* request) const noexcept;
  };
  using UnderWay = std::unique_ptr<Request, GiveUp>;

  MultiClient(const Library& curl, Loop& loop, DescriptorWaits& waits,
              blocking::HttpClientOptions options);
  MultiClient(const MultiClient&) = delete;
  MultiClient& operator=(const MultiClient&) = delete;
  ~MultiClient();

  // `done` runs once, in a later step of the loop; it may destroy the request. What the call refers to lives until then.
  // Errors, at once and of `done`: those of blocking::HttpClient::send(), and kResourceExhausted for an answer that is too large.
  Result<UnderWay> send(const blocking::HttpCall& call, Done done);

 private:
  struct Socket {
    int wanted = 0;
    std::unique_ptr<DescriptorWait> wait;
  };

  static int on_socket(Handle* handle, int socket, int wanted, void* self, void* unused);
  static int on_timer(Multi* multi, long milliseconds, void* self);
  void arm(int descriptor, Socket& socket);
  void disarm(Socket& socket);
  void ready(int descriptor);
  void act(int socket, int events);
  Handle* take();
  void give_back(Handle* handle);

  const Library curl_;
  Loop& loop_;
  DescriptorWaits& waits_;
  const blocking::HttpClientOptions options_;
  Multi* const multi_;
  Timer timer_;
  std::unordered_map<int, Socket> sockets_;
  std::vector<Handle*> idle_;
};

}  // namespace ofn::wire::curl
