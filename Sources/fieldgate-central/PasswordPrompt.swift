import Glibc

/// Reads a password without showing it.
enum PasswordPrompt {
  /// From the terminal, twice and without echo; or one line from standard input.
  static func read() throws -> String {
    guard isatty(0) == 1 else { return readLine() ?? "" }
    var before = termios()
    tcgetattr(0, &before)
    var quiet = before
    quiet.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSAFLUSH, &quiet)
    defer { tcsetattr(0, TCSAFLUSH, &before) }
    tell("password: ")
    let first = readLine() ?? ""
    tell("\nonce more: ")
    let second = readLine() ?? ""
    tell("\n")
    guard first == second else { throw RefusedError(description: "the two are not the same; nothing was changed") }
    return first
  }
}

/// To standard error.
func tell(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
}
