import Testing

@testable import ModbusBus

@Suite("Advice on Modbus exceptions")
struct ExceptionAdviceTests {
  @Test(
    "only what an address can cause sends people to the table of addresses",
    arguments: [
      (1, "addresses"), (2, "addresses"), (3, "addresses"), (4, "itself"), (5, "busy"), (6, "busy"), (8, "itself"),
      (10, "gateway"), (11, "gateway"),
    ] as [(UInt8, String)])
  func advice(_ number: UInt8, _ word: String) {
    #expect(FailureText.advice(onException: number).contains(word))
  }
}
