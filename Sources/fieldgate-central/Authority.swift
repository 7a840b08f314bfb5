import ArgumentParser
import CentralService
import CertificateAuthority
import Telemetry
import Threads

/// `fieldgate-central ca`
struct CA: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ca", abstract: "Make, take over and show the certificate authority.",
    subcommands: [Initialize.self, Import.self, Names.self, Show.self, Export.self])

  struct Initialize: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "init", abstract: "Make an authority: a root, an issuing certificate below it, and central's own.",
      discussion: """
        Once for a central, before its first start. Gateways recognise central by the root, whose hash stands in each
        ticket. The root's key is only needed to replace the issuing certificate, in five years: --offline-root writes it
        to another directory, such as a stick that then goes into a safe.

        Example:
          sudo fieldgate-central ca init --name "Example Farms" --server-name central.example --server-name 192.0.2.10
        """)

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Of the organization, for the certificates' names.") var name = "Fieldgate"
    @Option(help: "A host name or address under which gateways reach this central; may be given several times.")
    var serverName: [String]
    @Option(help: "Write the root's key into this directory, not beside the others.") var offlineRoot: String?

    func run() throws {
      try attempt {
        let names = try serverName.map { try ServerName($0) }
        guard !names.isEmpty else {
          throw ValidationError("give --server-name, the name under which gateways reach central")
        }
        let now = SystemClock.wall().milliseconds / 1_000
        try directory.work.withAuthority { authority in
          try authority.make(name: name, servers: names, offlineRoot: offlineRoot, now: now)
          print(try AuthorityText.show(authority, json: output.json))
        }
        try directory.work.recordAuthority("authority-made")
        guard !output.json else { return }
        if let offlineRoot { print("the root's key is \(offlineRoot)/root.key: take it away to a safe place") }
        print("next: start the service (systemctl enable --now fieldgate-central), then make tickets:")
        print("  fieldgate-central ticket create GATEWAY --site SITE")
      }
    }
  }

  struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take over an authority that was made elsewhere.",
      discussion: """
        The issuing key signs gateways' certificates from then on. Root and issuing certificate may be the same file.

        Example:
          sudo fieldgate-central ca import --root root.pem --issuing issuing.pem --key issuing.key --server-name central.example
        """)

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "PEM file of the root certificate.") var root: String
    @Option(help: "PEM file of the certificate that is to sign.") var issuing: String
    @Option(help: "PEM file of its private key, without a pass phrase.") var key: String
    @Option(help: "As for 'ca init'.") var serverName: [String]

    func run() throws {
      try attempt {
        let names = try serverName.map { try ServerName($0) }
        guard !names.isEmpty else {
          throw ValidationError("give --server-name, the name under which gateways reach central")
        }
        let now = SystemClock.wall().milliseconds / 1_000
        try directory.work.withAuthority { authority in
          try authority.adopt(root: root, issuing: issuing, key: key, servers: names, now: now)
          print(try AuthorityText.show(authority, json: output.json))
        }
        try directory.work.recordAuthority("authority-imported")
      }
    }
  }

  struct Names: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "server-names", abstract: "Make central's own certificate anew, for other names.",
      discussion: """
        All names under which gateways reach this central, the present ones too: gateways that were enrolled with a name
        that goes cannot come back, so --drop must say that this is meant. It holds from the service's next start.

        Example:
          sudo fieldgate-central ca server-names central.example 192.0.2.10
          sudo systemctl restart fieldgate-central
        """)

    @Argument(help: "Host names and addresses.") var names: [String]
    @Flag(help: "Present names that are not named again go.") var drop = false
    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        let names = try names.map { try ServerName($0) }
        let now = SystemClock.wall().milliseconds / 1_000
        try directory.work.withExistingAuthority { authority in
          let kept = Set(names.map(\.text))
          let gone = try authority.serverCertificate().serverNames().map(\.text).filter { !kept.contains($0) }
          guard gone.isEmpty || drop else {
            throw RefusedError(
              description:
                "\(gone.joined(separator: ", ")) would not be a name of this central any more, and gateways that "
                + "reach it so would not come back; give it too, or --drop if that is meant; 'ca show' shows the names")
          }
          try authority.renameServer(names, now: now)
          print(try AuthorityText.show(authority, json: output.json))
        }
        try directory.work.recordAuthority("server-names-changed")
        guard !output.json else { return }
        print("next: systemctl restart fieldgate-central; until then it shows the certificate with the names before")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the root's hash, and until when each certificate is good.")

    @OptionGroup var directory: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
      try attempt {
        print(try directory.work.withExistingAuthority { try AuthorityText.show($0, json: output.json) })
      }
    }
  }

  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print root and issuing certificate in PEM form, for clients such as curl --cacert.")

    @OptionGroup var directory: DataOptions

    func run() throws {
      try attempt { print(try directory.work.withExistingAuthority { try AuthorityText.export($0) }, terminator: "") }
    }
  }
}
