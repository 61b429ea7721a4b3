#include "base/uuid.h"

#include "catch.h"

#include <string>

using famfs::Uuid;

TEST_CASE("UUID text is RFC 4122's, in the order of its bytes") {
  const auto uuid = Uuid::parse("00112233-4455-6677-8899-AABBccddeeff");
  REQUIRE(uuid);
  CHECK(uuid->bytes[0] == 0x00);
  CHECK(uuid->bytes[4] == 0x44);
  CHECK(uuid->bytes[15] == 0xff);
  CHECK(uuid->text() == "00112233-4455-6677-8899-aabbccddeeff");
  CHECK(Uuid{}.text() == "00000000-0000-0000-0000-000000000000");
}

TEST_CASE("UUID text that is not one is refused") {
  for (const std::string bad :
       {"", "0", "00112233445566778899aabbccddeeff", "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0", "00112233-4455-6677-8899-aabbccddeefg",
        "0011223-34455-6677-8899-aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeef}",
        "00112233_4455_6677_8899_aabbccddeeff", "-0112233-4455-6677-8899-aabbccddeeff"}) {
    CAPTURE(bad);
    const auto uuid = Uuid::parse(bad);
    REQUIRE(!uuid);
    CHECK(uuid.error().code == famfs::Errc::invalid);
  }
}

TEST_CASE("random UUIDs are version 4 and differ") {
  const Uuid uuid = Uuid::random();
  CHECK((uuid.bytes[6] & 0xf0) == 0x40);
  CHECK((uuid.bytes[8] & 0xc0) == 0x80);
  CHECK(uuid != Uuid::random());
  CHECK(!uuid.is_nil());
  CHECK(Uuid::parse(uuid.text()) == uuid);
}
