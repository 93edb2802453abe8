// The local API of the developer's loop: what the commands `invoke`, `requests`, `replay`, `wait` and `logs` ask, over HTTP on a Unix
// socket (api_socket.h).
//
//   LocalApi api(loop, {.ring = &ring, .log = &lines, .calls = &calls});
//   auto socket = ApiSocket::open(loop, path, api, log);
//
// It answers:
//
//   GET  /api/v1/instance                 what runs here
//   GET  /api/v1/status                   which build serves and which is made, what the compiler said, what is served;
//                                         with settled=true when no build is being made, or after 10 s
//   GET  /api/v1/builds                   the last builds
//   GET  /api/v1/requests                 the last calls (call_filter.h); with follow=true also those to come, as NDJSON
//   GET  /api/v1/requests/{id}            one of them, with its contents; the id may be "last"
//   POST /api/v1/requests/{id}/replay     sends it again, captured
//   POST /api/v1/invoke                   calls the newest build
//   POST /api/v1/wait                     waits for an output
//   GET  /api/v1/logs                     the last lines; with follow=true also those to come, as NDJSON
//
// docs/dev-api.yaml describes it, and tests compare.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "dev/call_filter.h"
#include "dev/event.h"
#include "dev/instances.h"
#include "dev/log_ring.h"
#include "dev/newest_calls.h"
#include "dev/output_match.h"
#include "dev/ring.h"
#include "document/node.h"
#include "loop/loop.h"
#include "wire/exchange.h"

namespace ofn::dev {

// Answers have the media type application/json, or application/x-ndjson; errors are {"error":{"code","message"}}. What is too much is
// refused with 429: there are at most kMostOpen streams, waits and calls.
// Lifetime: everything in Options outlives it; it outlives its exchanges' connections. It must hear of the events after the ring.
// Threads: the loop's.
class LocalApi final : public wire::Handler, public Listener {
 public:
  static constexpr int kVersion = 1;
  static constexpr std::size_t kMostOpen = 600;

  struct Options {
    Instance instance{};
    const Ring* ring = nullptr;
    LogRing* log = nullptr;
    NewestCalls* calls = nullptr;
    std::function<unsigned()> serving{};  // the build that serves; 0: none
    std::function<unsigned()> coming{};   // the build that is being made; 0: none
  };

  LocalApi(Loop& loop, Options options);
  LocalApi(const LocalApi&) = delete;
  LocalApi& operator=(const LocalApi&) = delete;
  ~LocalApi() override;

  // What GET /api/v1/instance says.
  void describe(Instance instance) { options_.instance = std::move(instance); }
  void handle(wire::ExchangePtr exchange) override;

  void on(const Started& event) override;
  void on(const BuildStarted& event) override;
  void on(const BuildFailed& event) override;
  void on(const ServingBuild& event) override;
  void on(const CallEnded& event) override;
  void on(const WorkerCrashed& event) override;

 private:
  struct Open;  // an exchange that is answered later
  class Settling;
  class Stream;
  class Wait;
  class Call;
  using Opens = std::list<std::unique_ptr<Open>>;

  void get(wire::ExchangePtr exchange, std::string_view path, std::string_view query);
  void post(wire::ExchangePtr exchange, std::string_view path);
  void list(wire::ExchangePtr exchange, const CallFilter& filter);
  void logs(wire::ExchangePtr exchange, std::string_view query);
  void wait(wire::ExchangePtr exchange, const document::Node& asked);
  void invoke(wire::ExchangePtr exchange, const document::Node& asked);
  void replay(wire::ExchangePtr exchange, const std::string& id, const document::Node& asked);
  // Errors: kNotFound: no input has that name; kInvalidArgument.
  Result<NewestCalls::Wanted> delivery(const document::Node& asked, bool is_topic) const;
  void begin(wire::ExchangePtr exchange, NewestCalls::Wanted wanted, document::Node facts);
  // The call with that id, or the newest one: "last". Null if it is not kept.
  const CallEnded* call_of(std::string_view id) const;
  void look_again();
  bool is_full(wire::ExchangePtr& exchange) const;
  template <class Made>
  Made& keep(std::unique_ptr<Made> open);
  void drop(const Open& open);
  document::Node status() const;
  // The number of the newest build if it failed, so that an older one answers; otherwise null.
  document::Node failed_build() const;

  Loop& loop_;
  Options options_;
  Started started_{};
  std::deque<document::Node> builds_;  // the newest last
  document::Node crash_;               // since the last build, or null
  std::vector<ServedFunction> functions_;
  std::vector<Link> inputs_;
  std::vector<Link> outputs_;
  Opens open_;
};

// The members of a call in the list, and with its contents.
document::Node summary_of(const CallEnded& call);
document::Node whole(const CallEnded& call);

}  // namespace ofn::dev
