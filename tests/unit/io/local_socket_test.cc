#include "spread/io/local_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include "spread/io/private_folder.h"

namespace spread {
namespace {

using namespace std::chrono_literals;

class LocalSocket : public testing::Test {
 protected:
  LocalSocket() : folder_(std::filesystem::temp_directory_path() / "spread-socket-XXXXXX") {
    if (::mkdtemp(folder_.data()) == nullptr) ADD_FAILURE();
  }
  ~LocalSocket() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  static mode_t mode_of(const std::string& name) {
    struct stat status {};
    EXPECT_EQ(::stat(name.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  std::string folder_;
};

TEST_F(LocalSocket, CarriesBytesBothWays) {
  const auto listener = listen_at(path("s"));
  ASSERT_TRUE(listener) << listener.error().message;
  const auto client = connect_to(path("s"));
  ASSERT_TRUE(client) << client.error().message;
  const UniqueFd server = accept_own(listener->get());
  ASSERT_TRUE(server);
  ASSERT_TRUE(write_whole(server.get(), as_bytes(std::string_view("answer"))));
  std::array<Byte, 6> read{};
  ASSERT_TRUE(read_exactly(client->get(), read, 10s));
  EXPECT_EQ(as_text(ByteView(read)), "answer");
}

TEST_F(LocalSocket, IsTheUsersAlone) {
  ASSERT_TRUE(listen_at(path("s")));
  EXPECT_EQ(mode_of(path("s")), mode_t{0600});
}

TEST_F(LocalSocket, SaysWhetherNoneIsThereOrNoneListens) {
  EXPECT_EQ(connect_to(path("s")).error().number, ENOENT);
  { ASSERT_TRUE(listen_at(path("s"))); }
  EXPECT_EQ(connect_to(path("s")).error().number, ECONNREFUSED);
  ASSERT_TRUE(listen_at(path("s")));
}

TEST_F(LocalSocket, HasANameThatFits) {
  const auto listener = listen_at(path(std::string(120, 'x')));
  ASSERT_FALSE(listener);
  EXPECT_NE(listener.error().message.find("too long for a socket (at most 107 bytes)"),
            std::string::npos);
}

TEST_F(LocalSocket, NoneWaits) {
  const auto listener = listen_at(path("s"));
  ASSERT_TRUE(listener);
  EXPECT_FALSE(accept_own(listener->get()));
}

TEST_F(LocalSocket, AnEndOrASilenceIsNoAnswer) {
  const auto listener = listen_at(path("s"));
  const auto client = connect_to(path("s"));
  UniqueFd server = accept_own(listener->get());
  std::array<Byte, 2> read{};
  ASSERT_TRUE(write_whole(server.get(), as_bytes(std::string_view("a"))));
  EXPECT_EQ(read_exactly(client->get(), read, 0s).error().message, "it does not answer");
  server.reset();
  EXPECT_EQ(read_exactly(client->get(), read, 10s).error().message, "it has ended");
}

TEST_F(LocalSocket, AFolderIsMadeAndIsTheUsersAlone) {
  ASSERT_TRUE(make_own_folder(path("f")));
  EXPECT_EQ(mode_of(path("f")), mode_t{0700});
  ASSERT_TRUE(make_own_folder(path("f")));
  ASSERT_EQ(::chmod(path("f").c_str(), 0750), 0);
  EXPECT_FALSE(make_own_folder(path("f")));
  EXPECT_TRUE(is_own_folder(path("f")));
}

TEST_F(LocalSocket, ALinkOrAFileIsNoFolder) {
  ASSERT_TRUE(make_own_folder(path("f")));
  ASSERT_EQ(::symlink(path("f").c_str(), path("link").c_str()), 0);
  ASSERT_TRUE(open_private_file(path("file"), false));
  for (const char* const name : {"link", "file"}) {
    const Status made = make_own_folder(path(name));
    ASSERT_FALSE(made);
    EXPECT_NE(made.error().message.find("it is no directory"), std::string::npos);
    EXPECT_FALSE(is_own_folder(path(name)));
  }
}

}  // namespace
}  // namespace spread
