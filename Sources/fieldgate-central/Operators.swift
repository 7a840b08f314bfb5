public import ArgumentParser
public import CentralCore
import CentralService
import SQLiteIdentityStore
import Telemetry
import Threads

extension OperatorRole: ExpressibleByArgument {}

/// `fieldgate-central operator`
struct OperatorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "operator", abstract: "Accounts of the people who look after gateways at central.",
    discussion: """
      Roles: a viewer reads everything; an operator also acknowledges and shelves alarms; an administrator also makes
      tickets, shuts gateways out and changes accounts. There is no account and no password until one is made here.
      """,
    subcommands: [Add.self, List.self, Role.self, Password.self, Remove.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an account.",
      discussion: """
        With --password it reads a password from the terminal or from standard input. Programs use tokens:
        fieldgate-central token create NAME

        Example:
          sudo fieldgate-central operator add anna --role administrator --password
        """)

    @Argument(help: "1 to 64 letters, digits and _ - .") var name: String
    @OptionGroup var directory: DataOptions
    @Option(help: "viewer, operator or administrator.") var role: OperatorRole
    @Flag(help: "Ask for a password.") var password = false

    func run() throws {
      try attempt {
        guard IdentityWork.isName(name) else { throw ValidationError("a name has 1 to 64 letters, digits and _ - .") }
        let work = directory.work
        let hash = password ? try IdentityWork.hash(try PasswordPrompt.read()) : nil
        let isNew = try work.withStore {
          try $0.addOperator(name, role: role, password: hash, by: work.who, now: SystemClock.wall())
        }
        guard isNew else {
          complain("there is an operator '\(name)' already: see 'operator role', 'operator password'")
          throw ExitCode(1)
        }
        print("\(name) is \(role.rawValue)\(password ? "" : "; next: fieldgate-central token create \(name)")")
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List accounts.")

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        print(IdentityText.operators(try directory.work.withStore { try $0.operators() }, json: output.json))
      }
    }
  }

  struct Role: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Give an account another role.")

    @Argument var name: String
    @Argument(help: "viewer, operator or administrator.") var role: OperatorRole
    @OptionGroup var directory: DataOptions

    func run() throws {
      try attempt {
        let work = directory.work
        let change = try work.withStore {
          try $0.setRole(role, of: name, takesLast: true, by: work.who, now: SystemClock.wall())
        }
        guard change == .done else { throw OperatorCommand.refusal(name) }
        print("\(name) is \(role.rawValue)")
        try OperatorCommand.tellOfAdministrators(work)
      }
    }
  }

  struct Password: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set an account's password, read from the terminal or from standard input.")

    @Argument var name: String
    @OptionGroup var directory: DataOptions
    @Flag(help: "Take the password away; tokens stay.") var remove = false

    func run() throws {
      try attempt {
        let work = directory.work
        let hash = remove ? nil : try IdentityWork.hash(try PasswordPrompt.read())
        let isDone = try work.withStore {
          try $0.setPassword(hash, of: name, by: work.who, now: SystemClock.wall())
        }
        guard isDone else { throw OperatorCommand.refusal(name) }
        print(remove ? "\(name) has no password any more" : "the password of \(name) is set")
      }
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove an account with its tokens.")

    @Argument var name: String
    @OptionGroup var directory: DataOptions

    func run() throws {
      try attempt {
        let work = directory.work
        let change = try work.withStore {
          try $0.removeOperator(name, takesLast: true, by: work.who, now: SystemClock.wall())
        }
        guard change == .done else { throw OperatorCommand.refusal(name) }
        print("\(name) is removed")
        try OperatorCommand.tellOfAdministrators(work)
      }
    }
  }

  static func refusal(_ name: String) -> RefusedError {
    RefusedError(description: "there is no operator '\(name)': see 'fieldgate-central operator list'")
  }

  /// Says so when nobody can administer central over the API any more.
  static func tellOfAdministrators(_ work: IdentityWork) throws {
    guard try !work.withStore({ try $0.operators() }).contains(where: { $0.role == .administrator }) else { return }
    tell("there is no administrator any more: fieldgate-central operator add NAME --role administrator makes one\n")
  }
}

struct RefusedError: Error, CustomStringConvertible {
  var description: String
}

/// `fieldgate-central token`
struct TokenCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "Tokens for programs that act for an operator.",
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a new token. It is shown once; central keeps its hash alone.",
      discussion: """
        Example:
          token=$(sudo fieldgate-central token create anna --label "shift report" --valid 90d)
          curl --cacert ca.pem -H "Authorization: Bearer $token" https://central.example:8443/v1/gateways
        """)

    @Argument(help: "The operator.") var name: String
    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "What it is for.") var label = "command line"
    @Option(help: "How long it is good: a number with s, m, h or d; until it is revoked when left out.") var valid:
      Span?

    func run() throws {
      try attempt {
        let made = try directory.work.makeToken(of: name, label: label, seconds: valid?.seconds)
        print(output.json ? IdentityText.token(made.token, made.record) : made.token)
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List tokens, newest first, without their secrets.")

    @Argument(help: "Only those of this operator.") var name: String?
    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        let tokens = try directory.work.withStore { try $0.tokens(owner: name) }
        print(IdentityText.tokens(tokens, json: output.json, now: SystemClock.wall()))
      }
    }
  }

  struct Revoke: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a token worthless, at once.")

    @Argument(help: "Its number, as listed.") var number: Int64
    @OptionGroup var directory: DataOptions

    func run() throws {
      try attempt {
        let work = directory.work
        let isDone = try work.withStore {
          try $0.revokeToken(number, owner: nil, by: work.who, now: SystemClock.wall())
        }
        guard isDone else {
          throw RefusedError(description: "there is no good token \(number): see 'fieldgate-central token list'")
        }
        print("token \(number) is revoked")
      }
    }
  }
}

/// `fieldgate-central audit`
struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Show who changed what: tickets, gateways, certificates, operators.")

  @Option(help: "Only about this gateway, operator or site.") var about: String?
  @Option(help: "How many of the newest lines, 1 to 10000.") var last = 100
  @OptionGroup var directory: DataOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try attempt {
      guard (1...10_000).contains(last) else { throw ValidationError("--last is 1 to 10000") }
      let entries = try directory.work.withStore { try $0.auditLog(subject: about, limit: last) }
      print(IdentityText.audit(entries, about: about, json: output.json))
    }
  }
}
