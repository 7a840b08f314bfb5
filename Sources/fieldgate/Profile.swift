import ArgumentParser
import GatewayClient
import Glibc

struct Profile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Kinds of devices whose tags are known: list them, show one, make one of a register list.",
    discussion: """
      A device of the configuration that says 'profile: eastron-sdm630' gets its tags.
      Profiles are searched in /etc/fieldgate/profiles, then in
      /usr/share/fieldgate/profiles (environment FIELDGATE_PROFILES: other folders,
      with ':' between them).
      """,
    subcommands: [List.self, Show.self, FromCSV.self])

  /// Not among what programs read.
  private static func complain(_ line: String) {
    _ = Array("\(line)\n".utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print all profiles.")
    @Flag(help: "Print one JSON object.") var json = false

    func run() { ProfileCommands.list(json: json) { print($0) } }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print a profile's tags, its source and its notes.")
    @Flag(help: "Print one JSON object.") var json = false
    @Argument(help: "The profile, for example eastron-sdm630.") var name: String

    func run() throws {
      guard ProfileCommands.show(name, json: json, output: { print($0) }, problem: Profile.complain) else {
        throw ExitCode(1)
      }
    }
  }

  struct FromCSV: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "from-csv",
      abstract: "Print the profile made of a maker's register list.",
      discussion: """
        The first line names the columns, in any order: name and address are needed;
        table (holding, input, coil, discrete), type, order, scale, offset, unit, bits
        and the other keys of a tag may follow. Example:

          name,address,table,type,scale,unit
          power,52,input,float32,,W
        """)
    @Option(help: "Name of the profile.") var name: String
    @Option(help: "What device it is.") var title: String
    @Option(help: "The document of the list: title, version, address.") var source: String
    @Argument(help: "The CSV file.") var file: String

    func run() throws {
      let isGood = ProfileCommands.fromCSV(
        path: file, name: name, title: title, source: source, output: { print($0, terminator: "") },
        problem: Profile.complain)
      guard isGood else { throw ExitCode(1) }
    }
  }
}
