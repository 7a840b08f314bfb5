import CPNG
import CQREncode
import Glibc

/// A QR code (ISO/IEC 18004) of a text, for a terminal or as a picture.
public struct QRCode {
  /// Modules on each side, without the margin.
  public let side: Int
  private let isDark: [Bool]
  /// Light modules around it, which readers need.
  static let margin = 4

  public struct Failure: Error, CustomStringConvertible {
    public var description: String
  }

  /// With error correction level M: a scratch over 15 % of it does no harm.
  ///
  /// - Parameter text: up to 2,331 bytes.
  public init(_ text: String) throws(Failure) {
    let bytes = Array(text.utf8)
    guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else {
      throw Failure(description: "no QR code can be made of \(bytes.count) bytes")
    }
    defer { QRcode_free(code) }
    side = Int(code.pointee.width)
    isDark = (0..<side * side).map { code.pointee.data[$0] & 1 == 1 }
  }

  private func isDark(_ row: Int, _ column: Int) -> Bool {
    let (row, column) = (row - Self.margin, column - Self.margin)
    guard (0..<side).contains(row), (0..<side).contains(column) else { return false }
    return isDark[row * side + column]
  }

  /// Two modules in one character, light on the terminal's own dark or light ground: colours are set, so that it can be read
  /// on both.
  public var terminalText: String {
    let whole = side + 2 * Self.margin
    return stride(from: 0, to: whole, by: 2).map { row in
      let cells = (0..<whole).map { column in
        switch (isDark(row, column), isDark(row + 1, column)) {
        case (false, false): "\u{2588}"
        case (false, true): "\u{2580}"
        case (true, false): "\u{2584}"
        case (true, true): " "
        }
      }
      return "\u{1b}[97;40m" + cells.joined() + "\u{1b}[0m"
    }.joined(separator: "\n") + "\n"
  }

  /// Writes it as a PNG picture, eight pixels a module, to a file that only its owner may read.
  ///
  /// - Throws: when the file is there already, or cannot be written.
  public func writePNG(_ path: String) throws(Failure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path) cannot be made (\(String(cString: strerror(errno))))")
    }
    close(descriptor)
    let scale = 8
    let whole = (side + 2 * Self.margin) * scale
    let pixels: [UInt8] = (0..<whole * whole).map { isDark($0 / whole / scale, $0 % whole / scale) ? 0 : 255 }
    guard fieldgate_png_write(path, UInt32(whole), pixels) != 0 else {
      unlink(path)
      throw Failure(description: "\(path) cannot be written (\(String(cString: strerror(errno))))")
    }
  }
}
