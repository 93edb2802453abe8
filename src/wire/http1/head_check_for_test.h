// One check of a request head: whole, byte by byte and in two at every byte, the same verdict.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/head_parser.h"

namespace ofn::wire::http1::head_check {

using namespace std::string_literals;

// What one way of feeding a head came to.
struct Outcome {
  int status = 0;  // 0: served; -1: the parser wants more
  std::string reason;
  Head head;
  std::size_t size = 0;
  std::string text;  // everything that was understood, to compare
};

inline std::string describe(const Head& head, const std::vector<Field>& fields) {
  std::string text = std::string(head.method) + ' ' + std::string(head.target) + " @" +
                     std::string(head.authority) + (head.http10 ? " 1.0" : " 1.1");
  text += head.keep_alive ? " keep" : " close";
  if (head.expects_continue) text += " expects";
  if (head.framing == Framing::kLength) text += " length=" + std::to_string(head.content_length);
  if (head.framing == Framing::kChunked) text += " chunked";
  if (head.h2c_settings) text += " h2c=" + std::string(*head.h2c_settings);
  for (const Field& field : fields) {
    text += '|' + std::string(field.name) + '=' + std::string(field.value);
  }
  return text;
}

// Feeds `bytes` up to every position in `cuts`, then whole. Each piece is seen in a buffer of its
// own and of exactly its size, so that a sanitizer finds what is read too far or kept too long.
inline Outcome feed(const Limits& limits, std::string_view bytes,
                    const std::vector<std::size_t>& cuts) {
  HeadParser parser(limits);
  Outcome outcome;
  Step step = Step::kMore;
  std::unique_ptr<char[]> buffer;
  std::string_view seen;
  const auto see = [&](std::size_t size) {
    buffer = std::make_unique<char[]>(size);
    bytes.copy(buffer.get(), size);
    seen = {buffer.get(), size};
    step = parser.parse(seen);
  };
  for (const std::size_t cut : cuts) {
    if (step == Step::kMore) see(cut);
  }
  if (step == Step::kMore) see(bytes.size());
  if (step == Step::kMore) return {-1, {}, {}, 0, {}};
  if (step == Step::kRejected) {
    outcome.status = parser.reject().status;
    outcome.reason = parser.reject().reason;
    return outcome;
  }
  std::vector<Field> fields;
  outcome.size = parser.size();
  if (const auto reject = parser.read(seen, outcome.head, fields)) {
    outcome.status = reject->status;
    outcome.reason = reject->reason;
  } else {
    outcome.text = describe(outcome.head, fields);
  }
  return outcome;
}

// The one check: whole, byte by byte, and in two at every byte, always the same.
inline Outcome check(std::string_view bytes, const Limits& limits = {}) {
  Outcome whole = feed(limits, bytes, {});
  const auto same = [&](const Outcome& other) {
    return other.status == whole.status && other.reason == whole.reason &&
           other.text == whole.text && other.size == whole.size;
  };
  std::vector<std::size_t> every;
  const std::size_t stride = bytes.size() > 2000 ? 97 : 1;
  for (std::size_t cut = 1; cut < bytes.size(); cut += stride) {
    every.push_back(cut);
    EXPECT_TRUE(same(feed(limits, bytes, {cut}))) << "cut at " << cut << ": " << bytes;
  }
  const Outcome dripped = feed(limits, bytes, every);
  EXPECT_TRUE(same(dripped)) << "byte by byte: " << dripped.status << ' ' << dripped.reason
                             << " instead of " << whole.status << ' ' << whole.reason;
  whole.head = {};  // its buffer is gone
  return whole;
}

inline void expect_status(std::string_view bytes, int status, const Limits& limits = {}) {
  const Outcome outcome = check(bytes, limits);
  EXPECT_EQ(outcome.status, status) << outcome.reason << outcome.text << '\n'
                                    << bytes.substr(0, 300);
  EXPECT_EQ(outcome.reason.empty(), outcome.status <= 0);
}

inline void expect_head(std::string_view bytes, std::string_view text) {
  const Outcome outcome = check(bytes);
  EXPECT_EQ(outcome.status, 0) << outcome.reason << '\n' << bytes;
  EXPECT_EQ(outcome.text, text);
  EXPECT_EQ(outcome.size, bytes.size());
}

inline std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

inline std::string with(std::string_view fields, std::string_view version = "1.1") {
  return "POST / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) +
         "\r\n\r\n";
}

}  // namespace ofn::wire::http1::head_check
