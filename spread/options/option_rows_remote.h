// What jobs and workers on other machines are given, and what they give back. A part of
// option_table.cc, and of nothing else.
#pragma once

#include "spread/options/option_table.h"
#include "spread/options/setters.h"

namespace spread::cli {

// clang-format off
inline constexpr OptionSpec kRemoteRows[] = {
    {"--ssh", "CMD", kRun | kAll | kHosts | kMap | kPipe, Group::Hosts,
     "the command to log in with; the host's name and spread's command are put behind it",
     [](const Options&) -> std::string { return "ssh"; }, set_ssh, Offer::Command},
    {"--env", "NAME,...", kRun | kAll | kMap | kPipe, Group::Hosts,
     "variables (and functions that bash exports) that other machines get, too; repeatable",
     nullptr, set_environment},
    {"--basefile,--bf", "FILE", kMap | kPipe, Group::Hosts,
     "put FILE on every other machine before its first job; repeatable",
     nullptr, set_base_file, Offer::File},
    {"--transferfile,--tf", "FILE", kMap, Group::Hosts,
     "put FILE on the machine before the job; it may have {} and its kin; repeatable",
     nullptr, set_transfer_file, Offer::File},
    {"--transfer", "", kMap, Group::Hosts,
     "the same as --transferfile {}",
     nullptr, set_transfer},
    {"--return", "FILE", kMap, Group::Hosts,
     "bring FILE back from there after the job; it may have {} and its kin; repeatable",
     nullptr, set_return_file},
    {"--cleanup", "", kMap | kPipe, Group::Hosts,
     "remove there what was put there, and what was brought back",
     nullptr, set_clean_up},
    {"--trc", "FILE", kMap, Group::Hosts,
     "--transfer, --return FILE and --cleanup together",
     nullptr, set_transfer_return_clean},
};
// clang-format on

}  // namespace spread::cli
