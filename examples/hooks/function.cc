// Hooks that run in order before and after a function, and an output binding.
//
// The context names the hooks: `greet` and then `shout` before the function, `shout` and then
// `line` after it. So "Ada" becomes "HELLO, ADA!\n", in the answer and in the file that the output
// writes.
#include <algorithm>
#include <cctype>

#include <ofn/function.h>
#include <ofn/plugin.h>

struct Greet : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData& data) override {
    data.replace("hello, " + std::string(data.bytes()));
  }
};
OFN_PLUGIN(Greet, "greet", "1.0.0")

struct Shout : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData& data) override {
    std::string loud(data.bytes());
    std::ranges::transform(loud, loud.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    data.replace(loud);
  }
  void post(ofn::Context&, ofn::CallResult& result) override {
    result.data(std::string(result.data()) + "!");
  }
};
OFN_PLUGIN(Shout, "shout", "1.0.0")

struct Line : ofn::Plugin {
  void post(ofn::Context&, ofn::CallResult& result) override {
    result.data(std::string(result.data()) + "\n");
  }
};
OFN_PLUGIN(Line, "line", "1.0.0")

// When all hooks have run, the framework sends the returned data to the context's output.
ofn::Out echo(ofn::Context&, ofn::Bytes data) { return ofn::Out::success(std::string(data)); }
