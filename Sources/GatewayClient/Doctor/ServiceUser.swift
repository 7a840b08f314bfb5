import Glibc

/// Whose rights count: those of the user that runs the daemon, or would.
struct ServiceUser {
  var name: String
  var id: UInt32
  var groups: Set<UInt32>
  /// The daemon runs as this user, or would; otherwise it is the person who asks, whose rights say little.
  var isOfService = true

  /// Places of the unit file, in systemd's order.
  static let unitFiles = [
    "/etc/systemd/system/fieldgate.service", "/usr/local/lib/systemd/system/fieldgate.service",
    "/lib/systemd/system/fieldgate.service",
  ]

  static var isUnitInstalled: Bool { unitFiles.contains { access($0, F_OK) == 0 } }

  /// - Parameter daemon: process id of the running daemon, whose rights are known exactly.
  static func find(daemon: Int?) -> Self {
    if let daemon, let user = running(daemon) { return user }
    if let entry = getpwnam(ConfigurationCheck.serviceUser)?.pointee {
      var user = Self(
        name: ConfigurationCheck.serviceUser, id: entry.pw_uid,
        groups: memberships(ConfigurationCheck.serviceUser, entry.pw_gid))
      // The unit gives it this group whether it is a member or not.
      if isUnitInstalled, let dialout = getgrnam("dialout")?.pointee { user.groups.insert(dialout.gr_gid) }
      return user
    }
    let id = geteuid()
    let name = name(ofUser: id)
    return Self(name: name, id: id, groups: memberships(name, getegid()), isOfService: false)
  }

  /// The lines `Uid:` and `Gid:` have real, effective, saved and file system ids; `Groups:` has all groups.
  private static func running(_ pid: Int) -> Self? {
    guard let text = ProcessTable.text("/proc/\(pid)/status") else { return nil }
    func numbers(_ key: String) -> [UInt32] {
      let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
      return line?.dropFirst(key.count).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) } ?? []
    }
    let users = numbers("Uid:")
    let groups = numbers("Gid:")
    guard users.count > 1, groups.count > 1 else { return nil }
    return Self(name: name(ofUser: users[1]), id: users[1], groups: Set([groups[1]] + numbers("Groups:")))
  }

  private static func memberships(_ name: String, _ group: UInt32) -> Set<UInt32> {
    var count: Int32 = 256
    var groups = [gid_t](repeating: 0, count: Int(count))
    guard getgrouplist(name, group, &groups, &count) >= 0 else { return [group] }
    return Set(groups.prefix(Int(count)))
  }

  static func name(ofUser id: UInt32) -> String { getpwuid(id).map { String(cString: $0.pointee.pw_name) } ?? "\(id)" }
  static func name(ofGroup id: UInt32) -> String { getgrgid(id).map { String(cString: $0.pointee.gr_name) } ?? "\(id)" }

  /// By owner, group and mode of the file alone.
  ///
  /// - Parameter bits: of 4 for reading, 2 for writing, 1 for searching.
  func may(_ bits: UInt32, _ status: stat) -> Bool {
    if id == 0 { return true }
    let shift: UInt32 = id == status.st_uid ? 6 : groups.contains(status.st_gid) ? 3 : 0
    return (status.st_mode >> shift) & bits == bits
  }
}
