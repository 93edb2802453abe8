#include "dev/control_channel.h"

#include <array>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

TEST(ControlChannel, CarriesMessagesInOrder) {
  const auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  const auto& [ours, theirs] = *ends;
  EXPECT_FALSE(theirs.receive().message);
  ASSERT_TRUE(ours.send(MessageKind::kRelease));
  const std::string large(ControlChannel::kMost, 'x');
  ASSERT_TRUE(ours.send(MessageKind::kCall, large));
  EXPECT_FALSE(ours.send(MessageKind::kCall, large + "x"));
  const auto first = theirs.receive();
  ASSERT_TRUE(first.message);
  EXPECT_EQ(first.message->kind, MessageKind::kRelease);
  EXPECT_EQ(first.message->text, "");
  const auto second = theirs.receive();
  ASSERT_TRUE(second.message);
  EXPECT_EQ(second.message->kind, MessageKind::kCall);
  EXPECT_EQ(second.message->text, large);
  EXPECT_FALSE(theirs.receive().message);
}

TEST(ControlChannel, CarriesADescriptor) {
  const auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  const auto& [ours, theirs] = *ends;
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  const os::Descriptor left(pair[0]);
  {
    const os::Descriptor right(pair[1]);
    ASSERT_TRUE(ours.send(MessageKind::kConnection, "unread", right.get()));
  }
  const auto received = theirs.receive();
  ASSERT_TRUE(received.message);
  EXPECT_EQ(received.message->text, "unread");
  ASSERT_EQ(::send(received.message->descriptor.get(), "hi", 2, 0), 2);
  std::array<char, 8> buffer{};
  EXPECT_EQ(::recv(left.get(), buffer.data(), buffer.size(), 0), 2);
}

TEST(ControlChannel, TellsThatTheOtherEndIsGone) {
  auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  const ControlChannel ours = std::move(ends->first);
  {
    const ControlChannel theirs = std::move(ends->second);
    ASSERT_TRUE(theirs.send(MessageKind::kLeft));
  }
  EXPECT_TRUE(ours.receive().message);  // what was sent before arrives
  EXPECT_TRUE(ours.receive().ended);
  EXPECT_FALSE(ours.send(MessageKind::kRelease));
  EXPECT_FALSE(ours.try_send(MessageKind::kCall, "x"));
}

TEST(ControlChannel, LosesOnlyWhatMayBeLost) {
  const auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  const std::string text(1000, 'x');
  std::size_t sent = 0;
  while (ends->first.try_send(MessageKind::kCall, text)) ++sent;
  EXPECT_GT(sent, 100U);
  std::size_t received = 0;
  while (ends->second.receive().message) ++received;
  EXPECT_EQ(received, sent);
}

TEST(ControlChannel, PassesALargeTextWhole) {
  const auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  std::string text(ControlChannel::kMostInFile, 'x');
  text.replace(text.size() - 3, 3, "end");
  ASSERT_TRUE(ends->first.try_send(MessageKind::kCall, text));
  ASSERT_TRUE(ends->first.try_send(MessageKind::kLeft, "next"));
  EXPECT_FALSE(ends->first.try_send(MessageKind::kCall, text + "x"));
  const auto large = ends->second.receive().message;
  ASSERT_TRUE(large);
  EXPECT_EQ(large->kind, MessageKind::kCall);
  EXPECT_EQ(large->text, text);
  EXPECT_FALSE(large->descriptor);
  EXPECT_EQ(ends->second.receive().message->text, "next");
}

TEST(ControlChannel, FewLargeTextsWait) {
  const auto ends = ControlChannel::pair();
  ASSERT_TRUE(ends);
  const std::string text(ControlChannel::kMost + 1, 'x');
  std::size_t sent = 0;
  while (ends->first.try_send(MessageKind::kCall, text)) ++sent;
  EXPECT_GT(sent, 10U);
  EXPECT_LT(sent, 200U);
  EXPECT_TRUE(ends->first.try_send(MessageKind::kCall, "small"));
  std::size_t received = 0;
  while (ends->second.receive().message) ++received;
  EXPECT_EQ(received, sent + 1);
  EXPECT_TRUE(ends->first.try_send(MessageKind::kCall, text));
}

TEST(ControlChannel, TakesNoOtherSocket) {
  std::array<int, 2> pipes{};
  ASSERT_EQ(::pipe(pipes.data()), 0);
  EXPECT_EQ(ControlChannel::inherit(pipes[0]).error().text(),
            "descriptor " + std::to_string(pipes[0]) + " is not a supervisor's socket");
  ::close(pipes[0]);
  ::close(pipes[1]);
}

}  // namespace
}  // namespace ofn::dev
