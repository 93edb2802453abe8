// Splits C++ source into words, signs and literals with their places. It forgives everything: a text that is not C++ gives some tokens.
//
//   for (const Token& token : code_tokens(R"(send("files", data))")) say(token.text);   // send ( files , data )
//
// Comments, preprocessor lines and what stands between #if 0 and its #endif are left out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::check {

struct Token {
  enum class Kind : std::uint8_t {
    kWord,
    kSign,
    kString,
    kOther
  };  // kOther: numbers and characters
  Kind kind = Kind::kSign;
  std::string text;  // of a string its content without escapes, as far as they are simple
  std::size_t begin = 0;
  std::size_t end = 0;

  bool is(std::string_view sign_or_word) const {
    return kind != Kind::kString && text == sign_or_word;
  }
};

// Strings that follow each other are one token, as for the compiler. "::" and "->" are one sign each.
// Cost: linear.
std::vector<Token> code_tokens(std::string_view source);

}  // namespace ofn::check
