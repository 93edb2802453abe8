// Waits for descriptors of somebody else: several for one, files, ends, and descriptors that were closed meanwhile.
#include "loop/descriptor_waits.h"

#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "loop/watch.h"
#include "testing/manual_clock.h"

namespace ofn {
namespace {

using Kind = DescriptorWait::Kind;
using testing::settle;

// Two ends of a stream in memory.
struct Pair {
  Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    for (int end : {0, 1}) close_end(end);
  }
  void close_end(int end) {
    if (ends[end] >= 0) ::close(std::exchange(ends[end], -1));
  }
  void send(int end = 1) const { EXPECT_EQ(::write(ends[end], "x", 1), 1); }
  void fill(int end) const {
    const std::string much(65536, 'x');
    while (::write(ends[end], much.data(), much.size()) > 0) {
    }
  }
  int ends[2] = {-1, -1};
};

class DescriptorWaitsTest : public ::testing::Test {
 protected:
  DescriptorWait& wait(int fd, Kind kind, std::string name) {
    auto one = std::make_unique<DescriptorWait>(
        fd, kind, [this, name = std::move(name)] { log_ += name + " "; });
    begun_ = waits_.begin(*one);
    made_.push_back(std::move(one));
    return *made_.back();
  }
  std::string log() {
    settle(loop_);
    return std::exchange(log_, "");
  }

  testing::ManualClock clock_;
  Loop loop_{clock_};
  DescriptorWaits waits_{loop_};
  std::vector<std::unique_ptr<DescriptorWait>> made_;
  std::expected<void, int> begun_;
  std::string log_;
};

TEST_F(DescriptorWaitsTest, EndsWhenItIsReady) {
  Pair pair;
  wait(pair.ends[0], Kind::kReadable, "read");
  EXPECT_EQ(log(), "");
  pair.send();
  EXPECT_EQ(log(), "read ");
  wait(pair.ends[0], Kind::kReadable, "again");
  EXPECT_EQ(log(), "again ") << "it was ready before the wait";
  wait(pair.ends[1], Kind::kWritable, "write");
  EXPECT_EQ(log(), "write ");
}

TEST_F(DescriptorWaitsTest, SeveralWaitForOneDescriptor) {
  Pair pair;
  pair.fill(0);
  wait(pair.ends[0], Kind::kReadable, "r1");
  wait(pair.ends[0], Kind::kWritable, "w1");
  wait(pair.ends[0], Kind::kReadable, "r2");
  wait(pair.ends[0], Kind::kEither, "e1");
  EXPECT_EQ(log(), "");
  pair.send();
  EXPECT_EQ(log(), "r1 r2 e1 ");
  DescriptorWait& w2 = wait(pair.ends[0], Kind::kWritable, "w2");
  waits_.end(w2);
  pair.close_end(1);
  EXPECT_EQ(log(), "w1 ") << "the end of the other side ends every wait";
}

TEST_F(DescriptorWaitsTest, OneThatEndedIsNotTold) {
  Pair pair;
  waits_.end(wait(pair.ends[0], Kind::kReadable, "gone"));
  DescriptorWait& first = wait(pair.ends[0], Kind::kReadable, "first");
  wait(pair.ends[0], Kind::kReadable, "second");
  waits_.end(first);
  pair.send();
  EXPECT_EQ(log(), "second ");
}

TEST_F(DescriptorWaitsTest, SaysWhatCannotBeAwaited) {
  const int file = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  wait(file, Kind::kReadable, "file");
  ASSERT_FALSE(begun_);
  EXPECT_EQ(begun_.error(), EPERM);
  ::close(file);
  for (const int fd : {file, -1, 1 << 20}) {
    wait(fd, Kind::kReadable, "closed");
    ASSERT_FALSE(begun_);
    EXPECT_EQ(begun_.error(), EBADF);
  }
  EXPECT_EQ(log(), "");
}

TEST_F(DescriptorWaitsTest, AClosedDescriptorHoldsUpNobody) {
  Pair old;
  wait(old.ends[0], Kind::kReadable, "lost");
  const int number = old.ends[0];
  old.close_end(0);
  EXPECT_EQ(log(), "");
  // The same number is another descriptor now.
  Pair fresh;
  ASSERT_EQ(fresh.ends[0], number) << "the kernel gives the lowest number that is free";
  wait(number, Kind::kReadable, "new");
  EXPECT_TRUE(begun_);
  fresh.send();
  EXPECT_EQ(log(), "lost new ") << "the old wait finds out by its next read";
}

TEST_F(DescriptorWaitsTest, EndsAfterItsDescriptorWasClosed) {
  Pair pair;
  DescriptorWait& one = wait(pair.ends[0], Kind::kReadable, "one");
  pair.close_end(0);
  waits_.end(one);
  EXPECT_EQ(log(), "");
}

TEST_F(DescriptorWaitsTest, TheLoopMayWatchTheSameDescriptor) {
  Pair pair;
  Watch watch(loop_, pair.ends[0], [this](Watch::Seen) { log_ += "watch "; });
  wait(pair.ends[0], Kind::kReadable, "wait");
  pair.send();
  const std::string seen = log();
  EXPECT_NE(seen.find("watch "), std::string::npos) << seen;
  EXPECT_NE(seen.find("wait "), std::string::npos) << seen;
}

TEST_F(DescriptorWaitsTest, ManyAreReadyAtOnce) {
  std::vector<std::unique_ptr<Pair>> pairs;
  std::string expected;
  for (int i = 0; i < 200; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    pairs.back()->send();
    wait(pairs.back()->ends[0], Kind::kReadable, "x");
    expected += "x ";
  }
  EXPECT_EQ(log(), expected);
}

}  // namespace
}  // namespace ofn
