#include <cstdlib>

#include <ofn/testing/gtest.h>

using namespace ofn::testing;

ofn::task<> relay(const ofn::Request&, ofn::Writer& writer);

// The server that is relayed: a real one, because libcurl opens sockets of its own.
void letters(const ofn::Request&, ofn::Writer& writer) {
  for (char letter = 'a'; letter <= 'z'; ++letter) writer.write(std::string(100'000, letter));
}
OFN_FUNCTION(letters)

TEST(Relay, PassesOnWhatComes) {
  TestServer upstream({.target = "letters"});
  setenv("UPSTREAM", upstream.url().c_str(), 1);
  const Result relayed = invoke<relay>();
  EXPECT_EQ(relayed.body.size(), 26 * 100'000U);
  EXPECT_EQ(relayed.body.back(), 'z');
}

TEST(Relay, SaysThatNobodyAnswers) {
  TestServer upstream({.target = "letters"});
  setenv("UPSTREAM", upstream.url().c_str(), 1);
  upstream.stop();
  EXPECT_THAT(invoke<relay>(), Threw("std::runtime_error"));
}
