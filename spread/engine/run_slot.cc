#include "spread/engine/run_slot.h"

#include "spread/engine/engine.h"

namespace spread {

const std::string& RunSlot::host() const { return engine_.plan().host_names[number(id_)]; }

std::string RunSlot::name() const {
  return "worker " + std::to_string(number(id_)) + " on " + host();
}

}  // namespace spread
