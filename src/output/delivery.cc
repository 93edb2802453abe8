#include "output/delivery.h"

#include <algorithm>

namespace ofn {

Delivered DeliveryReport::outcome() const {
  Delivered worst = Delivered::kConfirmed;
  for (const OutputResult& result : results) worst = std::max(worst, result.outcome);
  return worst;
}

std::string DeliveryReport::failures(Detail detail) const {
  std::string text;
  for (const OutputResult& result : results) {
    if (result.outcome == Delivered::kConfirmed) continue;
    if (!text.empty()) text += ", ";
    text += result.output->label();
    text += ": ";
    text += code_name(result.reply.error().code());
    if (detail == Detail::kText) {
      text += ": ";
      text += result.reply.error().text();
    }
  }
  return text;
}

}  // namespace ofn
