#include <ofn/function.h>
#include <ofn/metrics.h>
#include <ofn/plugin.h>

OFN_COUNTER(hooked, "shop.hooked", "{call}", "Calls that the hook has seen", "shop.part")

struct Counting : ofn::Plugin {
  void pre(ofn::Context&, ofn::CallData&) override { hooked.add(1, "pre"); }
  void post(ofn::Context&, ofn::CallResult&) override { hooked.add(1, "post"); }
};
OFN_PLUGIN(Counting, "counting", "1.0.0")
