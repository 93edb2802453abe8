#include "loader/scan.h"

#include <gtest/gtest.h>

namespace ofn::loader {
namespace {

std::string names_of(std::string_view text) {
  std::string names;
  for (const DefinedFunction& each : defined_functions(text)) {
    names += (names.empty() ? "" : " ") + each.name + (each.is_local ? "/local" : "") +
             (each.is_overloaded ? "/overloaded" : "");
  }
  return names;
}

TEST(Scan, FindsTheFunctionsOfAFile) {
  struct Case {
    const char* text;
    const char* names;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"std::string hello() { return \"}\"; }", "hello"},
           Case{"#include <x>\n// no() {}\n/* no() {} */ ofn::Response a(const ofn::Request& r) { "
                "if (r) { b(); } }\n"
                "void b();\nint c(int n) { return n; }",
                "a c"},
           Case{"namespace app { namespace v1 { void f() {} } void g() {} } void h() {}",
                "app::v1::f app::g h"},
           Case{"namespace app::v1 { void f() {} }\ninline namespace x { }", "app::v1::f"},
           Case{"namespace { void f() {} } static void g() {} void h() {}", "f/local g/local h"},
           Case{"extern \"C\" { void f() {} } extern \"C\" void g() {}", "f g"},
           Case{"struct S { void m() {} static int n() { return 1; } }; void S::m2() {} S::S() : "
                "a(1) {} class T;",
                ""},
           Case{"template <class T> void t(T) {} void f() {}", "f"},
           Case{"auto f(const ofn::Request&) -> ofn::task<ofn::Response> { co_return \"\"; }", "f"},
           Case{"auto f() noexcept(true) -> decltype(g(1)) { } void h() try { } catch (...) { }",
                "f h"},
           Case{"[[nodiscard(\"x\")]] std::string f() { return {}; } __attribute__((used)) void "
                "g() {}",
                "f g"},
           Case{"void f(int) {} void f(long) {}", "f/overloaded"},
           Case{"OFN_FIELDS(A, b)\nOFN_FUNCTION(x)\nstd::string f() { return {}; }", "f"},
           Case{"int a = 1, b{2}; auto l = [](int x) { return x; }; std::function<void()> h{[] "
                "{}}; void f() {}",
                "f"},
           Case{"bool operator==(A, A) { return true; } int main() { } int main2() { }", "main2"},
           Case{"#define M(x) \\\n  void x() {}\nvoid f() {}\n", "f"},
           Case{"void f() { R\"x()\" } )x\"; } void g() { '{'; '\\''; 1'000; } void h() {}",
                "f g h"},
           Case{"std::vector<int> v(3); enum class E { a, b }; union U { int f() { } }; using X = "
                "int; void g() {}",
                "g"},
           Case{"std::map<int, std::vector<std::string>> f(std::function<void(int)> g = [] {}) { }",
                "f"},
       }) {
    EXPECT_EQ(names_of(c.text), c.names) << c.text;
  }
}

TEST(Scan, TakesWhatIsCutAtEveryByte) {
  constexpr std::string_view kText =
      "namespace a { R\"x(y)x\" /* z */ 'c' \"s\\\"\" void f(int (*g)()) { { } } } #x\\\n extern "
      "\"C\" { } } (";
  for (std::size_t size = 0; size <= kText.size(); ++size) names_of(kText.substr(0, size));
}

}  // namespace
}  // namespace ofn::loader
