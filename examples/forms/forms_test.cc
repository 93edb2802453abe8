#include <ofn/testing/gtest.h>

using namespace ofn::testing;

Result log_in(Program& program, const std::string& form) {
  return program.post("/login", form, "application/x-www-form-urlencoded");
}

TEST(Forms, RememberWhoLogsIn) {
  Program program;
  const Result in = log_in(program, "name=Ada+L.&next=/files");
  EXPECT_THAT(in, HasStatus(303));
  EXPECT_THAT(in, HasField("location", "/files"));
  const std::string cookie = in.field("set-cookie");
  EXPECT_THAT(cookie, testing::HasSubstr("HttpOnly"));
  EXPECT_THAT(program.get("/", {{"Cookie", cookie.substr(0, cookie.find(';'))}}),
              HasBody("hello, Ada L.\n"));
  EXPECT_THAT(program.get("/"), HasBody("hello, nobody\n"));
}

TEST(Forms, LeadToNoOtherSite) {
  Program program;
  for (const char* next : {"https://evil.example", "//evil.example"})
    EXPECT_THAT(log_in(program, std::string("name=Ada&next=") + next), HasField("location", "/"));
}

TEST(Forms, KeepAFile) {
  Program program;
  const std::string form =
      "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my numbers\"\r\n\r\n"
      "0123456789\r\n--x--\r\n";
  const Result kept = program.post("/files", form, "multipart/form-data; boundary=x");
  EXPECT_THAT(kept, HasField("location", "/files/my%20numbers"));
  const Result part = program.get(kept.field("location"), {{"Range", "bytes=2-4"}});
  EXPECT_THAT(part, HasStatus(206));
  EXPECT_THAT(part, HasBody("234"));
  EXPECT_THAT(program.post("/files", "--x--\r\n", "multipart/form-data; boundary=x"),
              HasStatus(400));
}
