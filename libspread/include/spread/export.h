#pragma once

/// What the shared library shows. Nothing else of it can be linked to.
#define SPREAD_API __attribute__((visibility("default")))
