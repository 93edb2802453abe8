// Measurements come from an MQTT broker. The function sends an alarm to another topic if it is too hot.
#include <string>

#include <ofn/function.h>
#include <ofn/log.h>
#include <ofn/typed.h>

struct Measurement {
  std::string place;
  double celsius = 0;
};
OFN_FIELDS(Measurement, (place, ofn::length(1, 40)), (celsius, ofn::min(-90.0), ofn::max(1000.0)))

ofn::Out my_function(ofn::Context& context, ofn::Bytes data) {
  Measurement measured;
  try {
    measured = ofn::from_json<Measurement>(data);
  } catch (const ofn::BadInput& error) {
    // It can never succeed, so it is acknowledged. Otherwise the broker would deliver it again.
    ofn::log_warning("ignored a measurement", {{"problem", error.what()}});
    return ofn::Out::success();
  }
  if (measured.celsius < 80) return ofn::Out::success();
  const ofn::SendReport sent = context.send("alarms", measured);
  return sent.ok() ? ofn::Out::success() : ofn::Out::error(sent.error(), 503);
}
OFN_FUNCTION(my_function)
