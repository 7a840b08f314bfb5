import Telemetry
import Testing

@Suite("Bytes of saved state")
struct StateBytesTests {
  private enum TooShort: Error { case itIs }

  /// From the reference's own list (isthe.com/chongo/tech/comp/fnv).
  @Test(
    arguments: [
      ("", 0xcbf2_9ce4_8422_2325), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8),
    ] as [(String, UInt64)])
  func hashes(text: String, hash: UInt64) {
    #expect(FNV1a.hash(text.utf8) == hash)
  }

  @Test("Numbers have fixed width, the least byte first, and come back bit for bit")
  func numbers() throws {
    var writer = StateWriter()
    writer.put(UInt8(0xfe))
    writer.put(Int8(-2))
    writer.put(UInt16(0x0102))
    writer.put(UInt32(0x0102_0304))
    writer.put(Int64(-2))
    writer.put(UInt64.max - 1)
    writer.put(-0.0)
    writer.put(Float(1.5))
    writer.put(bytes: [7, 8])
    #expect(
      writer.bytes == [0xfe, 0xfe, 2, 1, 4, 3, 2, 1, 0xfe] + Array(repeating: 0xff, count: 7) + [0xfe]
        + Array(repeating: 0xff, count: 7) + [0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0xc0, 0x3f, 7, 8])
    var reader = StateReader(writer.bytes[...], tooShort: TooShort.itIs)
    #expect(try reader.uint8() == 0xfe && reader.int8() == -2 && reader.uint16() == 0x0102)
    #expect(try reader.uint32() == 0x0102_0304 && reader.int64() == -2 && reader.uint64() == .max - 1)
    let zero = try reader.double()
    #expect(zero == 0 && zero.sign == .minus)
    #expect(try reader.float() == 1.5 && reader.count == 2 && !reader.isAtEnd)
    #expect(throws: TooShort.itIs) { try reader.uint32() }
    #expect(throws: TooShort.itIs) { try reader.bytes(-1) }
    #expect(try Array(reader.bytes(2)) == [7, 8] && reader.isAtEnd)
    #expect(throws: TooShort.itIs) { try reader.uint8() }
  }
}
