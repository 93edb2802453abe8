// Asio itself, compiled once.
#include "loop/asio.h"

#include <boost/asio/impl/src.hpp>
