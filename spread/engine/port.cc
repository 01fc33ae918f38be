#include "spread/engine/port.h"

#include "spread/engine/engine.h"

namespace spread {

const std::string& Port::host() const { return engine_.plan().host_names[number(id_)]; }

std::string Port::name() const { return "worker " + std::to_string(number(id_)) + " on " + host(); }

}  // namespace spread
