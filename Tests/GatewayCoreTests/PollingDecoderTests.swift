import GatewayCore
import Telemetry
import Testing

@Suite("Decoding registers")
struct PollingDecoderTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var type: RegisterType
    var order: WordOrder
    var words: [UInt16]
    var value: Value
    var testDescription: String { "\(type) \(order.rawValue)" }

    init(_ type: RegisterType, _ order: WordOrder, _ words: [UInt16], _ value: Value) {
      (self.type, self.order, self.words, self.value) = (type, order, words, value)
    }
  }

  // 0x42F6E979 is the float 123.456; 0x405EDD2F1A9FBE77 the double 123.456.
  static let cases: [Case] = [
    Case(.int16, .bigBig, [0xfffe], .integer(-2)),
    Case(.int16, .littleBig, [0x1234], .integer(0x1234)),
    Case(.int16, .bigLittle, [0xfeff], .integer(-2)),
    Case(.int16, .littleLittle, [0x3412], .integer(0x1234)),
    Case(.uint16, .bigBig, [0xfffe], .integer(65_534)),
    Case(.uint16, .littleBig, [0xfffe], .integer(65_534)),
    Case(.uint16, .bigLittle, [0xfeff], .integer(65_534)),
    Case(.uint16, .littleLittle, [0x0100], .integer(1)),
    Case(.int32, .bigBig, [0xfffe, 0x1dc0], .integer(-123_456)),
    Case(.int32, .littleBig, [0x1dc0, 0xfffe], .integer(-123_456)),
    Case(.int32, .bigLittle, [0xfeff, 0xc01d], .integer(-123_456)),
    Case(.int32, .littleLittle, [0xc01d, 0xfeff], .integer(-123_456)),
    Case(.uint32, .bigBig, [0xf1e2, 0xd3c4], .integer(0xf1e2_d3c4)),
    Case(.uint32, .littleBig, [0xd3c4, 0xf1e2], .integer(0xf1e2_d3c4)),
    Case(.uint32, .bigLittle, [0xe2f1, 0xc4d3], .integer(0xf1e2_d3c4)),
    Case(.uint32, .littleLittle, [0xc4d3, 0xe2f1], .integer(0xf1e2_d3c4)),
    Case(.int64, .bigBig, [0x0102, 0x0304, 0x0506, 0x0708], .integer(0x0102_0304_0506_0708)),
    Case(.int64, .littleBig, [0x0708, 0x0506, 0x0304, 0x0102], .integer(0x0102_0304_0506_0708)),
    Case(.int64, .bigLittle, [0x0201, 0x0403, 0x0605, 0x0807], .integer(0x0102_0304_0506_0708)),
    Case(.int64, .littleLittle, [0x0807, 0x0605, 0x0403, 0x0201], .integer(0x0102_0304_0506_0708)),
    Case(.int64, .bigBig, [0x8000, 0, 0, 0], .integer(.min)),
    Case(.float32, .bigBig, [0x42f6, 0xe979], .float32(123.456)),
    Case(.float32, .littleBig, [0xe979, 0x42f6], .float32(123.456)),
    Case(.float32, .bigLittle, [0xf642, 0x79e9], .float32(123.456)),
    Case(.float32, .littleLittle, [0x79e9, 0xf642], .float32(123.456)),
    Case(.float64, .bigBig, [0x405e, 0xdd2f, 0x1a9f, 0xbe77], .float64(123.456)),
    Case(.float64, .littleBig, [0xbe77, 0x1a9f, 0xdd2f, 0x405e], .float64(123.456)),
    Case(.float64, .bigLittle, [0x5e40, 0x2fdd, 0x9f1a, 0x77be], .float64(123.456)),
    Case(.float64, .littleLittle, [0x77be, 0x9f1a, 0x2fdd, 0x5e40], .float64(123.456)),
    Case(.uint64, .bigBig, [0x0102, 0x0304, 0x0506, 0x0708], .integer(0x0102_0304_0506_0708)),
    Case(.uint64, .littleBig, [0x0708, 0x0506, 0x0304, 0x0102], .integer(0x0102_0304_0506_0708)),
    Case(.uint64, .bigLittle, [0x0201, 0x0403, 0x0605, 0x0807], .integer(0x0102_0304_0506_0708)),
    Case(.uint64, .littleLittle, [0x0807, 0x0605, 0x0403, 0x0201], .integer(0x0102_0304_0506_0708)),
    // 0x5640 is 100 as binary16, 0xC500 is -5.
    Case(.float16, .bigBig, [0x5640], .float32(100)),
    Case(.float16, .littleBig, [0xc500], .float32(-5)),
    Case(.float16, .bigLittle, [0x4056], .float32(100)),
    Case(.float16, .littleLittle, [0x00c5], .float32(-5)),
    Case(.bcd16, .bigBig, [0x9871], .integer(9_871)),
    Case(.bcd16, .littleBig, [0x0042], .integer(42)),
    Case(.bcd16, .bigLittle, [0x7198], .integer(9_871)),
    Case(.bcd16, .littleLittle, [0x4200], .integer(42)),
    Case(.bcd32, .bigBig, [0x1234, 0x5678], .integer(12_345_678)),
    Case(.bcd32, .littleBig, [0x5678, 0x1234], .integer(12_345_678)),
    Case(.bcd32, .bigLittle, [0x3412, 0x7856], .integer(12_345_678)),
    Case(.bcd32, .littleLittle, [0x7856, 0x3412], .integer(12_345_678)),
    Case(.bcd64, .bigBig, [0x9999, 0x0000, 0x0000, 0x0001], .integer(9_999_000_000_000_001)),
    Case(.bcd64, .littleBig, [0x0001, 0x0000, 0x0000, 0x9999], .integer(9_999_000_000_000_001)),
    Case(.bcd64, .bigLittle, [0x9999, 0x0000, 0x0000, 0x0100], .integer(9_999_000_000_000_001)),
    Case(.bcd64, .littleLittle, [0x0100, 0x0000, 0x0000, 0x9999], .integer(9_999_000_000_000_001)),
    Case(.bool, .bigBig, [0], .boolean(false)),
    Case(.bool, .bigBig, [1], .boolean(true)),
    Case(.bool, .littleLittle, [0x8000], .boolean(true)),
  ]

  @Test("every type is decoded in every order", arguments: cases)
  func decodes(_ one: Case) {
    let point = RegisterPoint(table: .holdingRegister, address: 7, type: one.type, order: one.order)
    #expect(RegisterDecoder.decode(one.words, at: 0, as: point) == Reading(one.value))
    let among = [0xaaaa, 0xbbbb] + one.words + [0xcccc]
    #expect(RegisterDecoder.decode(among, at: 2, as: point) == Reading(one.value))
  }

  @Test("the table above names every type and order")
  func completeTable() {
    let elsewhere: [RegisterType] = [.bool, .int8, .uint8, .string]
    for type in RegisterType.allCases where !elsewhere.contains(type) {
      for order in WordOrder.allCases {
        #expect(Self.cases.contains { $0.type == type && $0.order == order }, "\(type) \(order)")
      }
    }
  }

  @Test(
    "what the type cannot be is undecodable: no finite number, no decimal digit, above 2^63 - 1",
    arguments: [
      (RegisterType.float32, [0x7fc0, 0x0000] as [UInt16]), (.float32, [0x7f80, 0x0000]), (.float32, [0xff80, 0x0000]),
      (.float16, [0x7c00]), (.float16, [0xfe01]), (.uint64, [0x8000, 0, 0, 0]), (.bcd16, [0x123a]),
      (.bcd32, [0xffff, 0xffff]), (.bcd64, [0, 0, 0, 0x000f]), (.float64, [0x7ff8, 0, 0, 0]),
      (.float64, [0x7ff0, 0, 0, 0]), (.float64, [0xfff0, 0, 0, 0]),
    ])
  func notFinite(type: RegisterType, words: [UInt16]) {
    let point = RegisterPoint(table: .inputRegister, address: 0, type: type)
    #expect(RegisterDecoder.decode(words, at: 0, as: point) == .bad(.undecodable))
  }

  @Test("bits are false and true", arguments: [RegisterTable.coil, .discreteInput])
  func bits(table: RegisterTable) {
    let point = RegisterPoint(table: table, address: 0, type: .bool)
    #expect(RegisterDecoder.decode([0, 1], at: 0, as: point) == Reading(.boolean(false)))
    #expect(RegisterDecoder.decode([0, 1], at: 1, as: point) == Reading(.boolean(true)))
  }

  @Test("a value that reaches past the reply is a malformed reply", arguments: [-1, 1, 2, 3, Int.max])
  func tooShort(offset: Int) {
    let point = RegisterPoint(table: .holdingRegister, address: 0, type: .int32)
    #expect(RegisterDecoder.decode([1, 2], at: offset, as: point) == .bad(.malformedReply))
  }
}
