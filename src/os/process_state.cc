#include "os/process_state.h"

namespace ofn::os {

constinit ProcessState process_state;

}  // namespace ofn::os
