#include "wire/session.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "wire/memory_account.h"

namespace ofn::wire {
namespace {

// Makes room each time it is asked. Another holder takes that room first, as often as the test says.
class ContestedTransport final : public Transport {
 public:
  ContestedTransport(MemoryShare& freed, MemoryShare& other, int losses)
      : freed_(freed), other_(other), losses_(losses) {}

  void wake() override {}
  void replace(std::unique_ptr<Session> /*next*/, std::string_view /*rest*/) override {}
  bool make_room(std::size_t bytes) override {
    ++asked;
    freed_.release();
    if (asked <= losses_)
      other_.set(bytes);
    else
      other_.release();
    return true;
  }
  Loop& loop() override { std::abort(); }
  std::string_view peer() const override { return "test"; }

  int asked = 0;

 private:
  MemoryShare& freed_;
  MemoryShare& other_;
  const int losses_;
};

TEST(GrowWithATransport, ItAsksAgainIfAnotherTakesWhatWasFreed) {
  struct Case {
    const char* name;
    int losses;
    bool grows;
  };
  const Case cases[] = {
      {"nobody else takes it", 0, true},
      {"another takes it twice", 2, true},
      {"another takes it each time", 1'000, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    MemoryAccount account(100'000);
    MemoryShare freed(&account);
    MemoryShare other(&account);
    freed.add(100'000);
    ContestedTransport transport(freed, other, c.losses);
    MemoryShare share(&account);
    std::string buffer;
    EXPECT_EQ(grow(buffer, 90'000, 90'000, share, transport), c.grows);
    if (c.grows) {
      EXPECT_GE(buffer.capacity(), 90'000U);
      EXPECT_EQ(transport.asked, c.losses + 1);
    } else {
      EXPECT_LT(transport.asked, 10);
      EXPECT_EQ(share.taken(), 0U);
    }
  }
}

}  // namespace
}  // namespace ofn::wire
