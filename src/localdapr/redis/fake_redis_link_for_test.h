// A RedisLink for tests: records the commands, and lets the test play Redis.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "localdapr/redis/redis_link.h"

namespace ofn::localdapr {

// Redis' side, and the recorded commands. Outlives its links.
struct FakeRedisForTest {
  struct Asked {
    std::string words;  // separated by spaces
    RedisDone done;
  };
  std::deque<Asked> asked{};

  // Answers the first command that has no answer yet, and returns it.
  std::string take(Result<RedisReply> reply) {
    if (asked.empty()) return "nothing";
    Asked first = std::move(asked.front());
    asked.pop_front();
    first.done(std::move(reply));
    return first.words;
  }
};

class FakeRedisLinkForTest final : public RedisLink {
 public:
  explicit FakeRedisLinkForTest(FakeRedisForTest& redis) : redis_(redis) {}

  void send(std::vector<std::string> words, Deadline /*deadline*/, RedisDone done) override {
    std::string line;
    for (const std::string& word : words) line.append(line.empty() ? "" : " ").append(word);
    redis_.asked.push_back({std::move(line), std::move(done)});
  }

 private:
  FakeRedisForTest& redis_;
};

}  // namespace ofn::localdapr
