#include "base/text.h"

#include "catch.h"

#include <string>

using famfs::is_utf8;
using famfs::printable;
using famfs::to_utf8;

TEST_CASE("is_utf8 takes well-formed sequences only") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("plain"));
  CHECK(is_utf8(std::string("\0", 1)));
  CHECK(is_utf8("\xc2\x80"));
  CHECK(is_utf8("\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"));
  CHECK(is_utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
  for (const char* const bad :
       {"\x80", "\xff", "\xfe", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80",
        "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf0\x9f\x98",
        "ok\xe2\x28\xa1"}) {
    CAPTURE(printable(bad));
    CHECK(!is_utf8(bad));
  }
}

TEST_CASE("printable gives one line that a terminal shows as it is") {
  CHECK(printable("plain grüße \U0001f600") == "plain grüße \U0001f600");
  CHECK(printable("a\nb\tc") == "a\\nb\\tc");
  CHECK(printable("\"\\\"") == "\\\"\\\\\\\"");
  CHECK(printable("\x1b[31m\r\x7f") == "\\x1b[31m\\x0d\\x7f");
  CHECK(printable(std::string("\0", 1)) == "\\x00");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");                         // CSI, as a C1 control
  CHECK(printable("\u2028\u202e") == "\\xe2\\x80\\xa8\\xe2\\x80\\xae"); // a line end; right to left
}

TEST_CASE("to_utf8 replaces what is invalid and nothing else") {
  CHECK(to_utf8("plain\ngrüße") == "plain\ngrüße");
  CHECK(to_utf8("a\xff"
                "b\xc3") == "a\ufffd"
                            "b\ufffd");
  for (int byte = 0; byte < 256; ++byte) {
    CHECK(is_utf8(to_utf8(std::string{'x', static_cast<char>(byte), 'y'})));
  }
}
