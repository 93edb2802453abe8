#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include <ofn/testing/gtest.h>

using namespace ofn::testing;

void on_file(const ofn::EventData& data, const ofn::EventContext& context);

// What the function writes to std::clog.
class OnFile : public testing::Test {
 protected:
  OnFile() { std::clog.rdbuf(written.rdbuf()); }
  ~OnFile() override { std::clog.rdbuf(before); }
  std::ostringstream written;
  std::streambuf* before = std::clog.rdbuf();
  Program program = Program::of<on_file>();
};

TEST_F(OnFile, TakesABackgroundEvent) {
  std::ifstream file("event.json");
  EXPECT_THAT(program.post_json("/", std::string(std::istreambuf_iterator<char>(file), {})),
              IsOk());
  EXPECT_EQ(written.str(),
            "google.storage.object.finalize projects/_/buckets/b/objects/a.txt: "
            "{\"kind\": \"storage#object\", \"size\": \"7\"}\n");
}

TEST_F(OnFile, TakesACloudEvent) {
  const auto event = ofn::CloudEvent("2", "//storage.googleapis.com/projects/_/buckets/b",
                                     "google.cloud.storage.object.v1.finalized")
                         .subject("objects/c.txt")
                         .datacontenttype("application/json")
                         .data(R"({"kind":"storage#object"})");
  for (const EventMode mode : {EventMode::kBinary, EventMode::kStructured})
    EXPECT_THAT(program.send_event(event, mode), IsOk());
  EXPECT_THAT(
      written.str(),
      testing::HasSubstr("google.storage.object.finalize projects/_/buckets/b/objects/c.txt"));
}
