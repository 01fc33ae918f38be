// tests/fuzz: whatever reads bytes that a worker or a file made up. Each target aborts when a claim
// does not hold. libFuzzer calls them through fuzz_main.cc; corpus_test.cc runs the committed
// inputs with every compiler.
#pragma once

#include "spread/api/bytes.h"

namespace spread::fuzz {

/// What a login of map prints: marks between the output of jobs, what lies there of files, CPUs.
void agent(ByteView input);
/// The input of map: the same tasks in any pieces, no line beyond its limit.
void arguments(ByteView input);
/// Blocks of whole records: the same in any pieces, and of a file; nothing lost, none too long.
void blocks(ByteView input);
/// All codecs: no look beyond the bytes, always progress, the same in any pieces.
void codec(ByteView input);
/// Words of a command with placeholders: what a shell reads as code does not depend on the items.
void command(ByteView input);
/// Patterns and their replacements, which edit argument lists: each list keeps a program.
void edits(ByteView input);
/// Command lines: options, or one error.
void flags(ByteView input);
/// What members of a gang ask: each question has one reply, which is a value; nothing stays held.
void gang(ByteView input);
/// -S, --slf, --args-file and --launch: what is accepted reads back as the same, starts a program,
/// and no host's name is an option.
void hosts(ByteView input);
/// A joblog that is read again: what it says is done, and what has failed, agree with each line.
void joblog(ByteView input);
/// Journals that are whole, spoilt or no journals: a record is found by its offset, and a repair
/// keeps what is read.
void journal(ByteView input);
/// JSON to msgpack and back, and held against nlohmann-json.
void json(ByteView input);
/// What a master says to a relay, before it knows that it is one and after: the same in any pieces.
void master(ByteView input);
/// The scanner of values and the writer of JSON, held against msgpack-c's parser.
void msgpack(ByteView input);
/// Pickles that a worker made up: the same in any pieces, in another pickle, and written again.
void pickle(ByteView input);
/// What a pool and one that connects to it say first: what is understood is written as it was read.
void pool(ByteView input);
/// Words for a shell and back, text for a terminal, and the numbers of options.
void quoting(ByteView input);
/// What a relay and its master say to each other: frames are written as they were read.
void relay(ByteView input);
/// --in lines, json, msgpack, csv, pickle: the same records in any pieces, each a whole value.
void records(ByteView input);
/// The C++ SDK: what a worker reads.
void sdk(ByteView input);
/// A worker's life in the protocol: one answer to each task, the same in any pieces.
void session(ByteView input);
/// Files of elements, cut into shards, and how far these are.
void shards(ByteView input);
/// What tasks ask of sub-tasks: one reply to each question, nothing held when they are gone.
void subtasks(ByteView input);
/// Specifications of sweeps, as text and as JSON, with --where: rows are whole values, and no more
/// than there are.
void sweeps(ByteView input);
/// The input of xargs: the same commands in any pieces, none longer than it may be.
void xargs(ByteView input);

}  // namespace spread::fuzz
