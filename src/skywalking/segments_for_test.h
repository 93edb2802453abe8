// Encoded segments as text for people.
//
//   SegmentText text;
//   EXPECT_EQ(text.of(collection), "segment 1 of trace 2\n…");
//
// Ids and times are random: an id is shown by the order in which it occurs first.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "otlp/protobuf_reader.h"

namespace ofn::skywalking {

class SegmentText {
 public:
  // `collection`: a SegmentCollection.
  std::string of(std::string_view collection) {
    std::string all;
    each(collection,
         [&](const otlp::ProtobufField& segment) { all += segment_text(segment.bytes); });
    return all;
  }

  std::string id(std::string_view bytes) {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] == bytes) return std::to_string(i + 1);
    }
    ids_.emplace_back(bytes);
    return std::to_string(ids_.size());
  }

 private:
  template <class Do>
  static void each(std::string_view message, Do act) {
    otlp::ProtobufReader in(message);
    while (const auto field = in.next()) act(*field);
  }
  static std::string pair_text(std::string_view pair) {
    std::string text;
    each(pair, [&](const otlp::ProtobufField& in) {
      text += (in.number == 1 ? "" : " = ") + std::string(in.bytes);
    });
    return text;
  }
  std::string segment_text(std::string_view segment) {
    std::string head, spans;
    each(segment, [&](const otlp::ProtobufField& in) {
      if (in.number == 1) head += "trace " + id(in.bytes);
      if (in.number == 2) head += " segment " + id(in.bytes);
      if (in.number == 3) spans += span_text(in.bytes);
      if (in.number == 4) head += " of " + std::string(in.bytes);
      if (in.number == 5) head += " at " + std::string(in.bytes);
      if (in.number == 6) head += " cut";
    });
    return head + "\n" + spans;
  }
  std::string reference_text(std::string_view reference) {
    static constexpr std::array kNames = {"",     "",     " trace ",   " segment ", " span ",
                                          " of ", " at ", " serving ", " to "};
    std::string text = "    from";
    each(reference, [&](const otlp::ProtobufField& in) {
      text += kNames.at(in.number);
      text += in.number == 2 || in.number == 3 ? id(in.bytes)
              : in.number == 4                 ? std::to_string(in.value)
                                               : std::string(in.bytes);
    });
    return text + "\n";
  }
  std::string span_text(std::string_view span) {
    static constexpr std::array kTypes = {"Entry", "Exit", "Local"};
    std::string name, head, rest;
    std::uint64_t began = 0;
    each(span, [&](const otlp::ProtobufField& in) {
      if (in.number == 1) head += " " + std::to_string(in.value);
      if (in.number == 2) head += " below " + std::to_string(static_cast<std::int32_t>(in.value));
      if (in.number == 3) began = in.value;
      if (in.number == 4) head += ", " + std::to_string(in.value - began) + " ms";
      if (in.number == 5) rest += reference_text(in.bytes);
      if (in.number == 6) name = in.bytes;
      if (in.number == 7) head += ", peer " + std::string(in.bytes);
      if (in.number == 8) name = std::string(kTypes.at(in.value)) + " " + name;
      if (in.number == 9) head += ", layer " + std::to_string(in.value);
      if (in.number == 10) head += ", component " + std::to_string(in.value);
      if (in.number == 11) head += ", error";
      if (in.number == 12) rest += "    " + pair_text(in.bytes) + "\n";
      if (in.number == 13) {
        rest += "    log";
        each(in.bytes, [&](const otlp::ProtobufField& log) {
          if (log.number == 2) rest += "; " + pair_text(log.bytes);
        });
        rest += "\n";
      }
    });
    return "  " + name + head + "\n" + rest;
  }

  std::vector<std::string> ids_;
};

}  // namespace ofn::skywalking
