#include <filesystem>
#include <fstream>

#include <ofn/testing/gtest.h>

using namespace ofn::testing;

// The database is down while it lives.
struct Down {
  Down() { std::ofstream("down"); }
  ~Down() { std::filesystem::remove("down"); }
};

TEST(Orders, AreAnsweredFromThePool) {
  Program program;
  EXPECT_THAT(program.get("/orders/7"), HasBody("result of order 7\n"));
  EXPECT_THAT(program.get("/report"), HasBody("result of title, result of report\n"));
  program.stop();
  EXPECT_THAT(program.log(), testing::Contains("info: the pool is closed"));
}

TEST(Orders, DoNotStartWithoutTheDatabase) {
  const Down down;
  EXPECT_THROW(Program(), std::runtime_error);
}

TEST(Orders, AreNotReadyWhileTheDatabaseIsDown) {
  Program program;
  EXPECT_THAT(program.probe(), IsOk());
  {
    const Down down;
    EXPECT_THAT(program.probe(), HasStatus(503));
    EXPECT_THAT(program.probe(), HasBody("the database is down\n"));
  }
  EXPECT_THAT(program.probe(), IsOk());
}
