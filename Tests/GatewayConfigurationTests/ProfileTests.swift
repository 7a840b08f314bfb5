import Foundation
import GatewayConfiguration
import GatewayCore
import Telemetry
import Testing
import YAMLParser

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()
private let folder = root.appendingPathComponent("etc/profiles").path
private let names = ProfileFolders.shelf([folder]).names

@Suite("Profiles")
struct ProfileTests {
  private func read(
    _ device: String, _ shelf: ProfileShelf = ProfileFolders.shelf([folder])
  ) throws -> (settings: GatewaySettings?, problems: [String]) {
    let text = """
      gateway: g
      central: { url: "https://c" }
      buses: [ { name: b, type: modbus-tcp, host: h } ]
      devices:
        - { name: d, bus: b, unit: 1, every: 1s, \(device) }
      """
    let (settings, diagnostics) = GatewaySettingsReader.read(try YAMLFile.parse(Array(text.utf8)), profiles: shelf)
    return (settings, diagnostics.map { $0.rendered(file: "gateway.yaml") })
  }

  private func shelf(_ text: String) -> ProfileShelf {
    ProfileShelf(names: ["p"]) { name in
      let tree = Result { () throws(Diagnostic) in try YAMLFile.parse(Array(text.utf8)) }
      return name == "p" ? ProfileShelf.File(path: "/profiles/p.yaml", root: tree) : nil
    }
  }

  @Test("There are at least eight, each with its source, each read without a problem", arguments: names)
  func installed(name: String) throws {
    #expect(names.count >= 8)
    let file = try #require(ProfileFolders.shelf([folder]).load(name))
    let (profile, diagnostics) = GatewaySettingsReader.readProfile(file)
    #expect(diagnostics == [])
    #expect(profile?.name == name)
    #expect((profile?.source.count ?? 0) > 20)
    let (settings, problems) = try read("profile: \(name)")
    #expect(problems == [])
    #expect(settings?.devices[0].tags == profile?.tags)
  }

  @Test("No two values of a profile overlap, except bits of one register", arguments: names)
  func overlaps(name: String) throws {
    let points = try #require(try read("profile: \(name)").settings).devices[0].tags.compactMap(\.point)
    var taken: [RegisterTable: [Int: Bool]] = [:]
    for point in points {
      for address in Int(point.address)..<Int(point.address) + point.entryCount {
        if let isShared = taken[point.table]?[address] { #expect(isShared || point.bits != nil, "\(address)") }
        taken[point.table, default: [:]][address] = point.bits != nil
      }
    }
  }

  @Test("A device's own tags replace keys of the profile's and add others; the offset moves the profile's")
  func overriding() throws {
    let (settings, problems) = try read(
      """
      profile: xy-md02, profile-offset: 10,
          tags: [ { name: temperature, unit: K, offset: 273.15 }, { name: address, holding: 257 } ]
      """)
    #expect(problems == [])
    let tags = try #require(settings).devices[0].tags
    #expect(tags.map(\.definition.name) == ["temperature", "humidity", "address"])
    #expect(tags.map { $0.point?.address } == [11, 12, 257])
    #expect(tags[0].definition.unit == "K")
    #expect(tags[0].definition.scaling.apply(.integer(200)) == 293.15)
  }

  @Test("Problems of a profile stand at its own lines, those of the device at the device's")
  func problems() throws {
    #expect(
      try read("profile: xy-md03").problems == [
        "gateway.yaml:5:53: error: there is no profile 'xy-md03'; did you mean 'xy-md02'?; see: fieldgate profile list"
      ])
    let bad = shelf("profile: p\ntitle: P\nsource: nowhere in particular\ntags:\n  - { name: t, holding: 70000 }\n")
    #expect(
      try read("profile: p", bad).problems == [
        "/profiles/p.yaml:5:25: error: 'holding' of tag 't' of the profile is 70000, out of range; allowed: 0 to 65535",
        "gateway.yaml:5:53: error: profile 'p' has errors; they stand in /profiles/p.yaml",
      ])
    let wrong = try read("profile: xy-md02, tags: [ { name: humidity, scale: 0 } ]").problems
    #expect(wrong.count == 1 && wrong[0].hasPrefix("gateway.yaml:5:"))
    #expect(try read("profile-offset: 3, tags: [ { name: t, holding: 1 } ]").problems.count == 1)
  }

  /// Registers as the sources of the profiles print them, and what they mean there.
  static let printed: [(String, String, [UInt16], Double)] = [
    ("xy-md02", "temperature", [0x0131], 30.5), ("xy-md02", "temperature", [0xff33], -20.5),
    ("xy-md02", "humidity", [0x0222], 54.6), ("soil-7in1", "moisture", [0x01ef], 49.5),
    ("soil-7in1", "temperature", [0x0144], 32.4), ("soil-7in1", "conductivity", [4], 4),
    ("seeed-soil-moisture-ec", "temperature", [0xf060], -40), ("seeed-soil-moisture-ec", "moisture", [10_000], 100),
    ("eastron-sdm630", "voltage_l1", [0x4366, 0x3333], Double(Float(230.2))),
    ("carlo-gavazzi-em24", "voltage_l1", [0x08fe, 0], 230.2),
    ("carlo-gavazzi-em24", "power", [0xfff6, 0xffff], -1), ("schneider-altivar", "output_frequency", [500], 50),
  ]

  @Test("Values that the sources print are understood", arguments: printed)
  func examples(profile: String, tag: String, registers: [UInt16], value: Double) throws {
    let tags = try #require(try read("profile: \(profile)").settings).devices[0].tags
    let found = try #require(tags.first { $0.definition.name == tag })
    let point = try #require(found.point)
    let reading = RegisterDecoder.decode(registers, at: 0, as: point)
    #expect(reading.engineeringValue(found.definition) == value)
  }

  @Test("A register list becomes a profile, and its mistakes keep their lines")
  func registerList() throws {
    let good = RegisterTableFile(
      "name;address;type;scale;unit\r\npower;52;float32;;W\r\n\r\ntemp;7;int16;0.1;\"°C\"\r\n", name: "p",
      title: "A \"good\" one", source: "its manual")
    #expect(good.problems == [])
    let file = ProfileShelf.File(path: "p.csv", root: .success(try YAMLFile.parse(Array(good.profile.utf8))))
    let tags = try #require(GatewaySettingsReader.readProfile(file).profile).tags
    #expect(tags.map(\.definition.name) == ["power", "temp"])
    #expect(tags.map { $0.point?.address } == [52, 7])
    #expect(tags[1].definition.unit == "°C")
    #expect(good.lines == [5: 2, 6: 4])
    let bad = RegisterTableFile("nam,address\n", name: "p", title: "P", source: "S")
    #expect(
      bad.problems.map { $0.rendered(file: "p.csv") } == [
        "p.csv:1:1: error: unknown column 'nam'; did you mean 'name'?",
        "p.csv:1:1: error: there is no column 'name'; the first line names the columns, for example: name,address,type",
      ])
    let long = RegisterTableFile("name,address\na,1,2\n", name: "p", title: "P", source: "S")
    #expect(long.problems.map(\.position?.line) == [2])
  }
}
