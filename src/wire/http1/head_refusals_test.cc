// What a request head is refused for.
#include <string>

#include <gtest/gtest.h>

#include "wire/http1/head_check_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace head_check;
using namespace std::string_literals;

TEST(HeadParser, RefusesBadLengths) {
  for (const char* value : {"+5",
                            "-5",
                            "-0",
                            "0x5",
                            "0o5",
                            "1_0",
                            "5z",
                            "1 0",
                            "",
                            "5.0",
                            R"("5")",
                            "5,",
                            "5,5",
                            "5, 5",
                            ",5",
                            "5 ,",
                            "00000000000000000000000005",
                            "99999999999999999999999999",
                            "18446744073709551616",
                            "18446744073709551621",
                            "5;",
                            "\xb2",
                            "5\x0b",
                            "1e1"}) {
    SCOPED_TRACE(value);
    expect_status(with("Content-Length: " + std::string(value)), 400);
  }
  expect_status(with("Content-Length: 5\r\nContent-Length: 5"), 400);
  expect_status(with("Content-Length: 5\r\ncontent-length: 6"), 400);
  expect_status(with("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400);
  expect_status(with("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400);
  expect_status(with("Content-Length: 10485760"), 0);
  // How much is too much depends on who takes the body: see the session.
  expect_status(with("Content-Length: 9999999999999999999"), 0);
  expect_status(with("Content-Length: 99999999999999999999"), 400);
}

TEST(HeadParser, RefusesBadTransferEncodings) {
  for (const auto& value : {"xchunked"s,
                            "gzip"s,
                            "identity"s,
                            ""s,
                            "chunked, gzip"s,
                            "chunked, chunked"s,
                            ",chunked"s,
                            ", chunked"s,
                            "chunked,"s,
                            "chunked;q=1"s,
                            "chunked ; a=b"s,
                            "\vchunked"s,
                            "chunked\v"s,
                            "chunked\0"s,
                            "\0chunked"s,
                            "\xa0"s + "chunked"s,
                            "chunked\xa0"s,
                            "\r\n chunked"s,
                            "\r\n\tchunked"s,
                            "chunke"s,
                            R"("chunked")"s,
                            "chunked chunked"s,
                            "gzip,,chunked"s,
                            "chunked\r\nTransfer-Encoding: chunked"s,
                            "chunked\r\nTransfer-Encoding: identity"s,
                            "chunked\r\nTransfer-Encoding:"s,
                            "gzip, chunked\r\nContent-Length: 3"s}) {
    SCOPED_TRACE(value);
    expect_status(with("Transfer-Encoding: " + value), 400);
  }
  expect_status(with("Transfer-Encoding : chunked"), 400);
  expect_status(with("Transfer-Encoding: chunked", "1.0"), 400);
  expect_status(with("Transfer-Encoding: gzip, chunked", "1.0"), 400);
  expect_status(with("Transfer-Encoding: gzip, chunked"), 501);
  expect_status(with("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"), 501);
}

TEST(HeadParser, RefusesBadFields) {
  for (const auto& field : {"A : b"s,
                            "A\t: b"s,
                            ": b"s,
                            "no colon"s,
                            "nocolon"s,
                            "a b: c"s,
                            "a(: b"s,
                            "\x80: b"s,
                            "a\xc3\xa4: b"s,
                            "\0a: b"s,
                            "a\0: b"s,
                            "A: b\0c"s,
                            "A: b\rc"s,
                            "A: b\x01"s,
                            "A: b\x7f"s,
                            "A: b\x1f"s,
                            "A: b\nB: c"s,
                            "A: b\r\n c"s,
                            "A: b\r\n\tc"s,
                            "A: b\n"s,
                            "A: \r\n b"s,
                            R"(a"b: c)"s,
                            "a/b: c"s,
                            "[a]: c"s,
                            "A: b\r\r\nB: c"s,
                            "\x7f: b"s,
                            "A"s,
                            "A: 0123456789abcdef\v0123456789abcdef"s,
                            "A: b\x1b"s,
                            " : b"s,
                            "{a}: b"s,
                            "a@b: c"s,
                            "a=b"s}) {
    SCOPED_TRACE(field);
    expect_status(with(field), 400);
  }
  expect_status("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400);
  expect_status("GET / HTTP/1.1\r\n\tX: b\r\nHost: a\r\n\r\n", 400);
  expect_status("GET / HTTP/1.1\nHost: a\n\n", 400);
  expect_status("GET / HTTP/1.1\r\nHost: a\r\n\n", 400);
  expect_status("GET / HTTP/1.1\r\nHost: a\n\r\n", 400);
  expect_status("GET / HTTP/1.1\r\nHost: a\r\n\rX", 400);
}

TEST(HeadParser, RefusesBadHosts) {
  for (const auto& host :
       {""s,        "a,b"s,      "a, b"s,  "u@a"s,    "u:p@a"s,    "a/"s,
        "a/b"s,     "http://a"s, "a:x"s,   "a:-1"s,   "a:65536"s,  "a:999999999999"s,
        "a:80:80"s, "a:8 0"s,    "a:+80"s, ":80"s,    "a b"s,      "a\0b"s,
        "\0"s,      "[::1"s,     "::1"s,   "[]"s,     "[a]"s,      "[::1]x"s,
        "[::1]:x"s, "a?b"s,      "a#b"s,   R"(a\b)"s, "\xc3\xa4"s, "a%"s,
        "a%4"s,     "a%zz"s,     "a\tb"s,  "<a>"s,    "a]"s}) {
    SCOPED_TRACE(host);
    expect_status("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", 400);
  }
  for (const auto& host : {"a.b-c_d~e"s, "A:0"s, "a:65535"s, "a:"s, "[::1]"s, "[2001:db8::1]:8080"s,
                           "127.0.0.1:8080"s, "a%20b"s, "xn--bcher-kva.example"s}) {
    SCOPED_TRACE(host);
    expect_status("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n", 0);
  }
  struct Literal {
    std::string_view text;
    int status;
  };
  for (const auto& [literal, status] :
       {Literal{"[:::]", 400}, Literal{"[1:2]", 400}, Literal{"[12345::]", 400},
        Literal{"[::1%25a]", 400}, Literal{"[::256.0.0.1]", 400}, Literal{"[::ffff:10.0.0.1]", 0},
        Literal{"[1111:2222:3333:4444:5555:6666:255.255.255.255]", 0},
        Literal{"[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000]", 400}}) {
    SCOPED_TRACE(literal);
    expect_status("GET / HTTP/1.1\r\nHost: " + std::string(literal) + "\r\n\r\n", status);
  }
  expect_status("GET / HTTP/1.1\r\n\r\n", 400);
  expect_status("GET / HTTP/1.2\r\nX: y\r\n\r\n", 400);
  expect_status("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400);
  expect_status("GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 400);
  expect_status("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400);
  expect_status("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", 400);
}

TEST(HeadParser, RefusesBadRequestLines) {
  const std::string rest = "\r\nHost: a\r\n\r\n";
  for (const auto& line : {"GET  / HTTP/1.1"s,
                           "GET /  HTTP/1.1"s,
                           "GET\t/ HTTP/1.1"s,
                           "GET /\tHTTP/1.1"s,
                           "GET / HTTP/1.1 "s,
                           "GET / HTTP/1.1\t"s,
                           " GET / HTTP/1.1"s,
                           "GET /"s,
                           "GET / "s,
                           "GET"s,
                           "GET HTTP/1.1"s,
                           "GET  HTTP/1.1"s,
                           "GET / HTTP/1"s,
                           "GET / HTTP/01.01"s,
                           "GET / HTTP/1.32"s,
                           "GET / HTTP/1.01"s,
                           "GET / HTTP/1."s,
                           "GET / HTTP/.1"s,
                           "GET / HTTP/0.9"s,
                           "GET / http/1.1"s,
                           "GET / Http/1.1"s,
                           "GET / HTTP/1,1"s,
                           "GET / HTTP 1.1"s,
                           "GET / HTTPS/1.1"s,
                           "GET / HTTP/-1.1"s,
                           "GET / HTTP/1.a"s,
                           "GET / HTTP/11.1"s,
                           "GET / FTP/1.1"s,
                           "GET / HTTP/1.1 x"s,
                           "GET / x HTTP/1.1"s,
                           "G(T / HTTP/1.1"s,
                           "G\0T / HTTP/1.1"s,
                           "\0GET / HTTP/1.1"s,
                           "G\xc3T / HTTP/1.1"s,
                           "G@T / HTTP/1.1"s,
                           R"("GET" / HTTP/1.1)"s,
                           "GET: / HTTP/1.1"s,
                           " / HTTP/1.1"s,
                           "GET /\0 HTTP/1.1"s,
                           "GET /\x01 HTTP/1.1"s,
                           "GET /\x7f HTTP/1.1"s,
                           "GET /\xc3\xa4 HTTP/1.1"s,
                           "GET /#a HTTP/1.1"s,
                           "GET /a#b HTTP/1.1"s,
                           "GET /?a#b HTTP/1.1"s,
                           R"(GET /a\b HTTP/1.1)"s,
                           R"(GET \ HTTP/1.1)"s,
                           "GET /%zz HTTP/1.1"s,
                           "GET /%4 HTTP/1.1"s,
                           "GET /% HTTP/1.1"s,
                           "GET ! HTTP/1.1"s,
                           "GET * HTTP/1.1"s,
                           "GET ? HTTP/1.1"s,
                           "GET a HTTP/1.1"s,
                           "GET ../ HTTP/1.1"s,
                           "GET # HTTP/1.1"s,
                           "OPTIONS *x HTTP/1.1"s,
                           "OPTIONS ** HTTP/1.1"s,
                           "OPTIONS */ HTTP/1.1"s,
                           R"(GET /" HTTP/1.1)"s,
                           "GET /< HTTP/1.1"s,
                           "GET /> HTTP/1.1"s,
                           "GET /{a} HTTP/1.1"s,
                           "GET /^ HTTP/1.1"s,
                           "GET /` HTTP/1.1"s,
                           "GET /\rHTTP/1.1"s,
                           "GET / HTTP/1.1\rX: y"s,
                           "\r\n\r\nGET / HTTP/1.1"s,
                           "\nGET / HTTP/1.1"s,
                           "\r\rGET / HTTP/1.1"s,
                           "\rGET / HTTP/1.1"s,
                           "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,
                           "\x80\x2e\x01\x03"s,
                           "PRI * HTTP/2.0"s,
                           "\xff\xfe\xfd\xfc"s,
                           R"({"a": 1})"s,
                           "<html>"s}) {
    SCOPED_TRACE(line);
    expect_status(line + rest, 400);
  }
  for (const char* version : {"9.9", "2.0", "3.0", "2.9"}) {
    expect_status("GET / HTTP/" + std::string(version) + rest, 505);
  }
  expect_status("CONNECT a:80 HTTP/1.1" + rest, 501);
  expect_status("CONNECT / HTTP/1.1" + rest, 501);
  for (const auto& line :
       {"connect / HTTP/1.1"s, "GE / HTTP/1.1"s, "G!T / HTTP/1.1"s,
        "GET /!$&'()*+,;=:@-._~ HTTP/1.1"s, "GET // HTTP/1.1"s, "GET /%00%fF HTTP/1.1"s,
        "GET /a[0]|b?{x}=[^`] HTTP/1.1"s, R"(GET /?\ HTTP/1.1)"s, "GET /?%4z HTTP/1.1"s,
        "GET /?%4 HTTP/1.1"s, "GET /.. HTTP/1.1"s, "\r\nGET / HTTP/1.1"s, "GET / HTTP/1.9"s}) {
    SCOPED_TRACE(line);
    expect_status(line + rest, 0);
  }
}

TEST(HeadParser, WhatIsNotHttpGetsNoAnswer) {
  struct Case {
    std::string_view bytes;
    int status;
  };
  for (const Case& c :
       {Case{"INVALID CONNECTION PREFACE\r\n\r\n", 0}, Case{"PRI hello world\r\n\r\n", 0},
        Case{"FOO word BAR\r\n\r\n", 0}, Case{"FOO word BAR/1.1\r\n\r\n", 400},
        Case{"GET word FOO\r\n\r\n", 400}, Case{"GET word FOO/1.1\r\n\r\n", 400},
        Case{"POST word FOO BAR\r\n\r\n", 400}, Case{"FOO word BAR\n\r\n", 400},
        Case{"GET word HTTP/1.1\r\n\r\n", 400}, Case{"GET word http/1.1\r\n\r\n", 400},
        Case{"GET word\r\n\r\n", 400}, Case{"GET word \r\n\r\n", 400},
        Case{"GET word 1.1\r\n\r\n", 400}, Case{"GET longerword1 X\r\n\r\n", 400}}) {
    for (const bool cut : {false, true}) {
      const Limits limits;
      HeadParser parser(limits);
      Step step = Step::kMore;
      for (std::size_t size = cut ? 1 : c.bytes.size(); step == Step::kMore; ++size) {
        ASSERT_LE(size, c.bytes.size()) << c.bytes;
        step = parser.parse(c.bytes.substr(0, size));
      }
      EXPECT_EQ(step, Step::kRejected) << c.bytes;
      EXPECT_EQ(parser.reject().status, c.status) << c.bytes;
    }
  }
}

TEST(HeadParser, RefusesUnknownExpectations) {
  expect_status(with("Expect: 200-ok"), 417);
  expect_status(with("Expect: 100-continue, x"), 417);
  expect_status(with("Expect: 100-continue\r\nExpect: x"), 417);
  expect_status(with("Expect: x\r\nExpect: 100-continue"), 417);
  expect_status(with("Expect: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"), 400);
}

}  // namespace
}  // namespace ofn::wire::http1
