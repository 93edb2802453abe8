// Handlers as programs register them: which one gets which exception, and which mistakes stop a load.
#include "function/error_handlers.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Base : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Middle : virtual Base {
  Middle() : Base("middle") {}
};
struct Derived : Middle {
  Derived() : Base("derived") {}
};
struct Beside {};
struct Both : Derived, Beside {
  Both() : Base("both") {}
};
struct OwnBadInput : BadInput {
  using BadInput::BadInput;
};
struct OwnBadAlloc : std::bad_alloc {};

const char* base(const Base&) { return "base"; }
const char* middle(const Middle&) noexcept { return "middle"; }
std::string derived(const Derived& error) { return std::string("derived ") + error.what(); }
Response beside(const Beside&, const Request& request) {
  return "beside " + std::string(request.path());
}
const char* standard(const std::exception&) { return "standard"; }
const char* number(const int&) { return "number"; }
const char* text(const char* const&) { return "text"; }
const char* bad_input(const BadInput&) { return "bad input"; }
const char* own_bad_input(const OwnBadInput&) { return "own bad input"; }
const char* http_error(const HttpError&) { return "http error"; }
const char* bad_alloc(const std::bad_alloc&) { return "bad alloc"; }
const char* own_bad_alloc(const OwnBadAlloc&) { return "own bad alloc"; }
[[noreturn]] const char* throwing(const Base&) { throw Beside(); }

template <auto kHandler>
abi::ErrorRegistration registered(std::uint32_t line, const char* file = "a.cc") {
  return internal::error_registration<kHandler>("h", file, line);
}

// A program with these registrations.
class TestProgram {
 public:
  explicit TestProgram(std::vector<abi::ErrorRegistration> all) : all_(std::move(all)) {
    for (const abi::ErrorRegistration& each : all_) entries_.push_back(&each);
    entries_.push_back(nullptr);  // as <ofn/register.h> makes one
    program.errors_begin = entries_.data();
    program.errors_end = entries_.data() + entries_.size();
  }
  abi::Program program;

 private:
  std::vector<abi::ErrorRegistration> all_;
  std::vector<const abi::ErrorRegistration*> entries_;
};

ErrorHandlers handlers_of(std::vector<abi::ErrorRegistration> all) {
  static std::vector<std::unique_ptr<TestProgram>>
      programs;  // as long as the process, as a loaded program
  programs.push_back(std::make_unique<TestProgram>(std::move(all)));
  return *ErrorHandlers::of({&programs.back()->program, 1}, ErrorHandlers::Code::kMayRun);
}

template <class Throw>
std::string answer(const ErrorHandlers& handlers, Throw throws) {
  std::exception_ptr thrown;
  const auto crash = guarded(throws, &thrown);
  Response response("unanswered");
  const ErrorHandler* asked = nullptr;
  Request::Parts parts;
  parts.target = "/path";
  const Request request(std::move(parts));
  handlers.answer(thrown, *crash, request, response, asked);
  return response.body();
}

TEST(ErrorHandlers, TheMostDerivedTypeAnswersInWhateverOrderTheyAreWritten) {
  for (const bool reversed : {false, true}) {
    SCOPED_TRACE(reversed);
    std::vector<abi::ErrorRegistration> all = {registered<&standard>(1), registered<&base>(2),
                                               registered<&middle>(3),   registered<&derived>(4),
                                               registered<&beside>(5),   registered<&number>(6),
                                               registered<&text>(7)};
    if (reversed)
      for (std::uint32_t i = 0; i < all.size(); ++i) all[i].line = 10 - i;
    const ErrorHandlers handlers = handlers_of(std::move(all));
    EXPECT_EQ(answer(handlers, [] { throw std::logic_error("x"); }), "standard");
    EXPECT_EQ(answer(handlers, [] { throw Base("x"); }), "base");
    EXPECT_EQ(answer(handlers, [] { throw Middle(); }), "middle");
    EXPECT_EQ(answer(handlers, [] { throw Derived(); }), "derived derived");
    EXPECT_EQ(answer(handlers, [] { throw Beside(); }), "beside /path");
    EXPECT_EQ(answer(handlers, [] { throw 42; }), "number");
    EXPECT_EQ(answer(handlers, [] { throw 42L; }), "unanswered");
    EXPECT_EQ(answer(handlers, [] { throw "text"; }), "text");
    // Neither type derives from the other: the first one in the file.
    EXPECT_EQ(answer(handlers, [] { throw Both(); }), reversed ? "beside /path" : "derived both");
  }
}

TEST(ErrorHandlers, TheFrameworksOwnAnswersAreMoreDerivedThanOnesForTheirBases) {
  const ErrorHandlers general = handlers_of({registered<&standard>(1)});
  EXPECT_EQ(answer(general, [] { throw BadInput("x"); }), "unanswered");
  EXPECT_EQ(answer(general, [] { throw HttpError(404); }), "unanswered");
  EXPECT_EQ(answer(general, [] { throw std::bad_alloc(); }), "unanswered");

  const ErrorHandlers special = handlers_of(
      {registered<&standard>(1), registered<&bad_input>(2), registered<&http_error>(3),
       registered<&bad_alloc>(4), registered<&own_bad_input>(5), registered<&own_bad_alloc>(6)});
  EXPECT_EQ(answer(special, [] { throw BadInput("x"); }), "bad input");
  EXPECT_EQ(answer(special, [] { throw OwnBadInput("x"); }), "own bad input");
  EXPECT_EQ(answer(special, [] { throw HttpError(404); }), "http error");
  EXPECT_EQ(answer(special, [] { throw std::bad_alloc(); }), "bad alloc");
  EXPECT_EQ(answer(special, [] { throw OwnBadAlloc(); }), "own bad alloc");
}

TEST(ErrorHandlers, AHandlersOwnExceptionComesOutAndNamesIt) {
  const ErrorHandlers handlers = handlers_of({registered<&throwing>(7, "b.cc")});
  std::exception_ptr thrown;
  const auto crash = guarded([] { throw Base("x"); }, &thrown);
  Response response;
  const ErrorHandler* asked = nullptr;
  EXPECT_THROW(handlers.answer(thrown, *crash, Request({}), response, asked), Beside);
  EXPECT_EQ(asked->place, "h (b.cc:7)");
}

TEST(ErrorHandlers, TwoForOneTypeAreAMistakeWithBothPlaces) {
  const TestProgram one({registered<&base>(1)});
  const TestProgram other({registered<&throwing>(2, "b.cc"), registered<&number>(3, "b.cc")});
  const std::vector<abi::Program> programs = {one.program, other.program};
  for (const auto code : {ErrorHandlers::Code::kMayRun, ErrorHandlers::Code::kIsLeftOut}) {
    const auto handlers = ErrorHandlers::of(programs, code);
    ASSERT_FALSE(handlers);
    ASSERT_EQ(handlers.error().size(), 1U);
    EXPECT_THAT(handlers.error().front().message(),
                HasSubstr("Base': h (a.cc:1) and h (b.cc:2); remove one of them"));
  }
}

TEST(ErrorHandlers, AHeaderThatTwoFilesIncludeRegistersOne) {
  const TestProgram one({registered<&base>(1, "a.h"), registered<&base>(1, "a.h")});
  const auto handlers = ErrorHandlers::of({&one.program, 1}, ErrorHandlers::Code::kMayRun);
  ASSERT_TRUE(handlers);
  EXPECT_EQ(handlers->handlers().size(), 1U);
}

TEST(ErrorHandlers, OlderAndEmptyRegistrationsAreIgnored) {
  abi::ErrorRegistration shorter = registered<&base>(1);
  shorter.size = 8;
  const TestProgram one({shorter, abi::ErrorRegistration{}});
  EXPECT_TRUE(ErrorHandlers::of({&one.program, 1}, ErrorHandlers::Code::kMayRun)->empty());
}

}  // namespace
}  // namespace ofn
