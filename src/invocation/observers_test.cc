#include "invocation/observers.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

struct Noting final : Observer {
  Noting(char name, std::string& notes, bool tells = false)
      : name_(name), notes_(notes), tells_(tells) {}
  void began(const CallStart& /*start*/, TraceContext& trace) override {
    notes_ += name_;
    notes_ += trace.tracestate();
    trace.set({}, std::string(1, name_));
  }
  void ended(const CallRecord& record) override {
    notes_ += name_;
    notes_ += std::to_string(record.outcome.status);
  }
  bool tells_crashes() const override { return tells_; }
  bool tells_still_running(std::string_view id) override {
    notes_ += name_;
    notes_ += id;
    return tells_;
  }

 private:
  char name_;
  std::string& notes_;
  bool tells_;
};

TEST(Observers, OfNoneAreNone) {
  EXPECT_EQ(Observers({}).as_one(), nullptr);
  EXPECT_EQ(Observers({nullptr, nullptr}).as_one(), nullptr);
}

TEST(Observers, OfOneAreThatOne) {
  std::string notes;
  Noting only('a', notes);
  EXPECT_EQ(Observers({nullptr, &only}).as_one(), &only);
}

TEST(Observers, AreToldInTurnAndSeeWhatThoseBeforeHaveSet) {
  std::string notes;
  Noting first('a', notes);
  Noting second('b', notes, true);
  Observers observers({&first, nullptr, &second});
  Observer& all = *observers.as_one();

  TraceContext trace;
  trace.begin({}, "", "-");
  all.began({}, trace);
  all.ended({.outcome = {.status = 200}});

  EXPECT_EQ(notes, "a-baa200b200");
  EXPECT_EQ(trace.tracestate(), "b");
  EXPECT_TRUE(all.tells_crashes());
  notes.clear();
  EXPECT_TRUE(all.tells_still_running("1"));
  EXPECT_EQ(notes, "a1b1") << "each is told";
}

}  // namespace
}  // namespace ofn
