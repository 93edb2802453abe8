#include "wire/grpc/link.h"

#include <utility>

#include "wire/connection.h"

namespace ofn::wire::grpc {

namespace {

class SocketLink final : public Link {
 public:
  explicit SocketLink(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}
  void start(std::unique_ptr<Session> session, std::function<void()> on_gone) override {
    connection_->start(std::move(session),
                       [on_gone = std::move(on_gone)](Connection&) { on_gone(); });
  }
  void close() override { connection_->close(); }

 private:
  std::unique_ptr<Connection> connection_;
};

}  // namespace

Connector connector_to(Loop& loop, Endpoint endpoint, const Limits& limits) {
  return [&loop, endpoint = std::move(endpoint), &limits](Deadline deadline, LinkMade made) {
    return dial(loop, endpoint, limits, deadline,
                [made = std::move(made)](Result<std::unique_ptr<Connection>> connection) mutable {
                  if (!connection) return made(std::unexpected(connection.error()));
                  made(std::make_unique<SocketLink>(*std::move(connection)));
                });
  };
}

}  // namespace ofn::wire::grpc
