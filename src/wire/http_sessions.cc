#include "wire/http_sessions.h"

#include <string>
#include <utility>

#include "wire/http2/server_session.h"
#include "wire/preface_session.h"

namespace ofn::wire {

namespace {

RequestId log_refusal(Log& log, Transport& transport, const Refused& refused) {
  const RequestId id = RequestId::of({}, transport.loop().random());
  log.write(Level::kInfo, "request refused",
            {{"request_id", id.view()},
             {"peer", transport.peer()},
             {"status", refused.status},
             {"reason", refused.reason}});
  return id;
}

}  // namespace

HttpSessions::HttpSessions(Handler& handler, const Limits& limits, Log& log, MemoryAccount* account,
                           RefusalObserver observer)
    : handler_(handler),
      limits_(limits),
      http1_{
          .handler = handler,
          .limits = limits,
          .date = date_,
          .upgrade = [this](std::string_view settings,
                            const Message& request) -> std::unique_ptr<Session> {
            auto session = http2::make_upgraded_session(handler_, limits_, settings, request,
                                                        http1_.refused, http1_.account, &blocks_);
            return session ? *std::move(session) : nullptr;
          },
          .refused =
              [&log, observer = std::move(observer)](Transport& transport, const Refused& refused) {
                const RequestId id = log_refusal(log, transport, refused);
                if (observer) observer(id.view(), refused);
                return id;
              },
          .account = account} {}

std::unique_ptr<Session> HttpSessions::make() {
  return std::make_unique<PrefaceSession>(
      limits_, [this] { return http1::make_session(http1_); },
      [this] {
        return http2::make_server_session(handler_, limits_, http1_.refused, http1_.account,
                                          &blocks_);
      });
}

}  // namespace ofn::wire
