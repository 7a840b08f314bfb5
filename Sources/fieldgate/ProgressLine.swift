import GatewayClient
import Glibc

/// Progress on standard error: on a terminal a line that is overwritten, elsewhere only the lines that stay.
enum ProgressLine {
  private static let isTerminal = isatty(STDERR_FILENO) != 0

  static var progress: ScanProgress {
    ScanProgress(
      note: { write("\(start)\($0)\n") },
      step: { if isTerminal { write("\(start)\($0) …") } })
  }

  /// Prints a result, which on a terminal takes the place of the progress.
  static func result(_ line: String) {
    if isTerminal { write(start) }
    print(line)
    fflush(nil)
  }

  /// To the left edge, and clears the line.
  private static var start: String { isTerminal ? "\r\u{1b}[K" : "" }

  private static func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
  }
}
