import FieldgateTestKit
import Foundation
import QRCode
import Testing

/// Judged by the program `zbarimg`.
@Suite("QR codes")
struct QRCodeTests {
  private static let text = "fieldgate ticket 1\ngateway: barn-7\nsite: Höfe am Öd\ncheck: a1b2\n"

  @Test("The picture is read back letter by letter, only its owner may read it, and no file is overwritten")
  func picture() throws {
    let temporary = try TemporaryDirectory("qr")
    try QRCode(Self.text).writePNG(temporary("a.png"))
    let read = try ChildProcess("zbarimg", ["--raw", "-q", "-Sbinary", temporary("a.png")]).output(
      timeout: .seconds(60))
    #expect(read == Self.text)
    var status = stat()
    #expect(stat(temporary("a.png"), &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(throws: QRCode.Failure.self) { try QRCode(Self.text).writePNG(temporary("a.png")) }
  }

  @Test("The terminal's text has the same modules as the picture")
  func terminal() throws {
    let code = try QRCode(Self.text)
    let lines = code.terminalText.split(separator: "\n")
    #expect(lines.count == (code.side + 9) / 2)
    let widths = lines.map { $0.unicodeScalars.count { "\u{2588}\u{2580}\u{2584} ".unicodeScalars.contains($0) } }
    #expect(widths.allSatisfy { $0 == code.side + 8 })
    // The corner of the finder pattern, seven dark modules in a row, stands in the third line: two lines are margin.
    #expect(lines[2].contains("\u{2588}\u{2588}\u{2588}\u{2588} \u{2584}\u{2584}\u{2584}\u{2584}\u{2584} "))
  }

  @Test("What is too long is refused")
  func tooLong() {
    #expect(throws: QRCode.Failure.self) { try QRCode(String(repeating: "x", count: 2_400)) }
  }
}
