import Glibc

/// Root does what belongs to another user as that user: files then have the right owner from their first moment, and links
/// that the service's user may have laid lead root nowhere.
enum OwnerRights {
  /// Makes the parent directory of `path` where it is missing, for the service's user, and calls `body` with the rights of its
  /// owner.
  static func asOwner<Value>(of path: String, _ body: () throws -> Value) throws -> Value {
    guard geteuid() == 0 else { return try body() }
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    var status = stat()
    if stat(parent, &status) != 0 {
      guard mkdir(parent, 0o700) == 0 else { return try body() }
      if let user = getpwnam(ConfigurationCheck.serviceUser)?.pointee { chown(parent, user.pw_uid, user.pw_gid) }
      guard stat(parent, &status) == 0 else { return try body() }
    }
    guard status.st_uid != 0 else { return try body() }
    setegid(status.st_gid)
    seteuid(status.st_uid)
    defer {
      seteuid(0)
      setegid(getgid())
    }
    return try body()
  }
}
