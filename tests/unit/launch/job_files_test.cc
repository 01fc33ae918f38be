#include "spread/launch/job_agent.h"

#include <gtest/gtest.h>

namespace spread {
namespace {

std::string show(std::string_view name) {
  const auto place = file_place(name);
  if (!place) return "error: " + place.error().message;
  return place->here + " " + place->there + " " + place->name;
}

TEST(FilePlace, IsBelowTheDirectoryOfEachSide) {
  EXPECT_EQ(show("a"), ". . a");
  EXPECT_EQ(show("a/b.txt"), ". . a/b.txt");
  EXPECT_EQ(show("./a"), ". . a");
  EXPECT_EQ(show(".//a"), ". . a");
  EXPECT_EQ(show("-n"), ". . -n");
  EXPECT_EQ(show(".hidden"), ". . .hidden");
}

TEST(FilePlace, IsTheSameOnBothSidesWhereItIsAbsolute) {
  EXPECT_EQ(show("/data/a"), "/ / data/a");
  EXPECT_EQ(show("//data/a"), "/ / data/a");
}

TEST(FilePlace, LosesWhatIsInFrontOfTheDot) {
  EXPECT_EQ(show("data/./a/b"), "./data . a/b");
  EXPECT_EQ(show("/data/./a"), "/data . a");
  EXPECT_EQ(show("/./a"), "/ . a");
  EXPECT_EQ(show("-d/./a"), "./-d . a");
}

TEST(FilePlace, MayBeAboveTheDirectory) {
  EXPECT_EQ(show("../a"), ".. .. a");
  EXPECT_EQ(show("./../../a/b"), "../.. ../.. a/b");
}

TEST(FilePlace, OfAFolderHasNoSlashBehindIt) { EXPECT_EQ(show("data/"), ". . data"); }

TEST(FilePlace, IsRefusedWhereItNamesNothing) {
  for (const char* name : {"", ".", "./", "/", "..", "../", "a/./", "a/./."}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(show(name).substr(0, 7), "error: ");
  }
}

TEST(FilePlace, IsRefusedWhereItTurnsBack) {
  for (const char* name : {"a/../b", "/a/..", "a/./../b", "../a/../b"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(show(name).substr(0, 7), "error: ");
  }
}

TEST(Look, IsReadForEachFile) {
  const auto found = parse_look("-\nf 12 1700000000 34\nd 4096 1700000001 35\nf ?\n", 4);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_FALSE((*found)[0].exists);
  ASSERT_TRUE((*found)[1].status);
  EXPECT_EQ((*found)[1].status->size, 12u);
  EXPECT_EQ((*found)[1].status->modified, 1700000000);
  EXPECT_EQ((*found)[1].status->inode, 34u);
  EXPECT_TRUE((*found)[2].status->folder);
  EXPECT_TRUE((*found)[3].exists);
  EXPECT_FALSE((*found)[3].status);
}

TEST(Look, IsRefusedWhereItIsSomethingElse) {
  for (const char* text : {"", "-\n", "-\n-\n-\n", "-\nsh: stat: not found\n", "-\n-", "\n\n"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_look(text, 2));
  }
}

TEST(FileStatus, OfAFolderNeedItsNumber) {
  const FileStatus file{10, 100, 1, false}, copy{10, 100, 2, false}, older{10, 99, 1, false};
  EXPECT_TRUE(file.same_as(copy));
  EXPECT_FALSE(file.same_as(older));
  const FileStatus folder{10, 100, 1, true}, another{10, 100, 2, true};
  EXPECT_TRUE(folder.same_as(folder));
  EXPECT_FALSE(folder.same_as(another));
}

TEST(PackHere, SeesEachBaseFromTheCurrentDirectory) {
  const std::vector<FilePlace> files = {*file_place("a"), *file_place("/b"), *file_place("c/./d")};
  EXPECT_EQ(pack_here(files, "/home/joe"),
            (ArgumentList{"tar", "-chf", "-", "-C", "/home/joe/.", "./a", "-C", "/", "./b", "-C",
                          "/home/joe/./c", "./d"}));
}

}  // namespace
}  // namespace spread
