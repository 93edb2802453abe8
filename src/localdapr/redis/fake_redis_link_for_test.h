// RedisLink for tests: keeps what it was asked, and lets the test be Redis.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "localdapr/redis/redis_link.h"

namespace ofn::localdapr {

// Outlives its links: what a test looks at, and Redis' part.
struct FakeRedisForTest {
  struct Asked {
    std::string words;  // with spaces between
    RedisDone done;
  };
  std::deque<Asked> asked{};

  // The first command that was not answered, and its answer.
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
