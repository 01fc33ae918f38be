#pragma once

#include <string_view>

#include "spread/api/result.h"

namespace spread::cli {

struct Draft;

// As setters.h, for what jobs and workers on other machines are given: files and variables.

/// CMD: what logs in to hosts without a command of their own.
Status set_ssh(Draft& draft, std::string_view value);
/// NAME,...: variables, or exported functions of bash, that are in spread's environment now.
Status set_environment(Draft& draft, std::string_view value);
Status set_base_file(Draft& draft, std::string_view value);
Status set_transfer_file(Draft& draft, std::string_view value);
/// --transfer: the item.
Status set_transfer(Draft& draft, std::string_view value);
Status set_return_file(Draft& draft, std::string_view value);
/// --trc: --transfer, --return FILE, --cleanup.
Status set_transfer_return_clean(Draft& draft, std::string_view value);
Status set_clean_up(Draft& draft, std::string_view value);

}  // namespace spread::cli
