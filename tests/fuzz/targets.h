// tests/fuzz: whatever reads bytes that a worker or a file made up. Each target aborts when a claim
// does not hold. libFuzzer calls them through fuzz_main.cc; corpus_test.cc runs the committed
// inputs with every compiler.
#pragma once

#include "spread/api/bytes.h"

namespace spread::fuzz {

/// The input of map: the same tasks in any pieces, no line beyond its limit.
void arguments(ByteView input);
/// Blocks of whole records: the same in any pieces, and of a file; nothing lost, none too long.
void blocks(ByteView input);
/// All codecs: no look beyond the bytes, always progress, the same in any pieces.
void codec(ByteView input);
/// Words of a command with placeholders: what a shell reads as code does not depend on the items.
void command(ByteView input);
/// -S, --slf, --args-file and --launch: what is accepted reads back as the same, starts a program,
/// and no host's name is an option.
void hosts(ByteView input);
/// JSON to msgpack and back, and held against nlohmann-json.
void json(ByteView input);
/// The scanner of values and the writer of JSON, held against msgpack-c's parser.
void msgpack(ByteView input);
/// Specifications of sweeps, as text and as JSON, with --where: rows are whole values, and no more
/// than there are.
void sweeps(ByteView input);

/// Pickles that a worker made up: the same in any pieces, in another pickle, and written again.
void pickle(ByteView input);

}  // namespace spread::fuzz
