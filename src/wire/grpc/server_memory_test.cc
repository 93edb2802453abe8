// A message that came compressed counts in the memory account in both its forms.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/grpc/compress_for_test.h"
#include "wire/grpc/server.h"
#include "wire/http2/server_session_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::grpc {
namespace {

constexpr std::size_t kMessage = 50'000;

std::string compressed_frame(std::string_view message) {
  std::string framed = frame(compress("gzip", message));
  framed[0] = 1;
  return framed;
}

class GrpcServerMemory : public http2::server_bench::ServerSessionTest {
 protected:
  http2::server_bench::Result& send_call(std::size_t memory) {
    account_.emplace(memory);
    grpc_.add("/keep",
              [this](std::unique_ptr<ServerCall> call) { calls_.push_back(std::move(call)); });
    connect();
    server_ = std::make_unique<MemoryTransport>(
        loop_, http2::make_server_session(grpc_, limits_, {}, &*account_));
    const std::vector<Field> fields = {
        {"content-type", "application/grpc"}, {"te", "trailers"}, {"grpc-encoding", "gzip"}};
    send(result_, {.method = "POST", .authority = "host", .path = "/keep", .fields = fields},
         body_);
    run();
    loop_.run_ready();
    run();
    return result_;
  }
  void TearDown() override {
    calls_.clear();
    ServerSessionTest::TearDown();
  }

  std::optional<MemoryAccount> account_;
  Server grpc_{ServerOptions{}};
  const std::string body_ =
      compressed_frame(std::string(kMessage, 'x'));  // borrowed until it is sent
  http2::server_bench::Result result_;
  std::vector<std::unique_ptr<ServerCall>> calls_;
};

TEST_F(GrpcServerMemory, ACompressedMessageCountsUntilItsCallHasEnded) {
  send_call(100'000);
  ASSERT_EQ(calls_.size(), 1U) << result_.fields["grpc-message"];
  EXPECT_EQ(calls_[0]->request().size(), kMessage);
  EXPECT_GE(account_->used(), kMessage);
  calls_.clear();
  run();
  EXPECT_EQ(account_->used(), 0U);
}

TEST_F(GrpcServerMemory, ACompressedMessageIsUnavailableIfThereIsNoMemory) {
  EXPECT_EQ(send_call(kMessage / 2).fields["grpc-status"], "14");
  EXPECT_TRUE(calls_.empty());
  EXPECT_EQ(account_->used(), 0U);
}

}  // namespace
}  // namespace ofn::wire::grpc
