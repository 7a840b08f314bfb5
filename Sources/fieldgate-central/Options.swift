import ArgumentParser
import CentralService

struct DataOptions: ParsableArguments {
  @Option(help: "Central's data directory.") var data = "/var/lib/fieldgate-central"

  var work: IdentityWork { IdentityWork(data: data) }
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print one JSON object.") var json = false
}

/// A length of time such as 7d.
struct Span: ExpressibleByArgument {
  var seconds: Int64

  init?(argument: String) {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
    guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()),
      (1...100_000).contains(number)
    else { return nil }
    seconds = number * unit
  }

  init(days: Int64) { seconds = days * 86_400 }

  var defaultValueDescription: String { "\(seconds / 86_400)d" }
}

/// Runs a command's work; what goes wrong is one line on standard error, and the exit code is 1.
func attempt(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    complain("\(error)")
    throw ExitCode(1)
  }
}

func complain(_ text: String) {
  tell("fieldgate-central: \(text)\n")
}
