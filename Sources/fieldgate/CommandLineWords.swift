import ArgumentParser
import Glibc
import Telemetry

/// What people write on a command line, before it is parsed.
enum CommandLineWords {
  /// The same words in an order that the parser understands: a value such as `-18` would be taken for options, so the values
  /// of `write` go behind `--`. A command that does not exist ends the program with the nearest one that does.
  static func prepared(_ words: [String]) -> [String] {
    guard let command = words.first else { return words }
    checkName(command)
    let isNegative: (String) -> Bool = { $0.hasPrefix("-") && Double($0) != nil }
    guard command == "write", !words.contains("--"), words.contains(where: isNegative) else { return words }
    return words.filter { !isNegative($0) } + ["--"] + words.filter(isNegative)
  }

  private static func checkName(_ command: String) {
    let names = Fieldgate.configuration.subcommands.compactMap { $0._commandName } + ["help"]
    guard !command.hasPrefix("-"), !names.contains(command),
      let nearest = EditDistance.nearest(to: command, among: names)
    else { return }
    note("fieldgate: there is no command '\(command)'; did you mean '\(nearest)'?\n")
    exit(EX_USAGE)
  }
}
