public import CentralCore
import SQLite
public import Telemetry

extension SQLiteIdentityStore {
  /// Tokens of one operator that are good at a time.
  public static let maximumTokens = 20

  /// By name.
  public func operators() throws -> [OperatorRecord] {
    try read {
      var found: [OperatorRecord] = []
      try connection.statement(
        "SELECT name, role, password IS NOT NULL, created_ms FROM operators ORDER BY name"
      ).forEachRow { row in
        found.append(
          OperatorRecord(
            name: row.text(0), role: OperatorRole(rawValue: row.text(1)) ?? .viewer, hasPassword: row.int(2) != 0,
            created: Timestamp(milliseconds: row.int64(3))))
        return true
      }
      return found
    }
  }

  /// - Parameter password: its hash in the form that says how it was made; nil: tokens only.
  /// - Returns: false when there is one of this name.
  public func addOperator(
    _ name: String, role: OperatorRole, password: String?, by who: String, now: Timestamp
  ) throws -> Bool {
    try change {
      let insert = try connection.statement(
        "INSERT INTO operators(name, role, password, created_ms) VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")
      try insert.bind(1, name)
      try insert.bind(2, role.rawValue)
      try insert.bind(3, optional: password)
      try insert.bind(4, now.milliseconds)
      try insert.run()
      guard connection.changes > 0 else { return false }
      try audit("operator-added", name, "as \(role.rawValue)", by: who, now: now)
      return true
    }
  }

  /// - Parameter takesLast: also the last administrator is made less: only for whoever can make another one without being one.
  public func setRole(
    _ role: OperatorRole, of name: String, takesLast: Bool = false, by who: String, now: Timestamp
  ) throws -> OperatorChange {
    try change {
      if !takesLast, role != .administrator, try isLastAdministrator(name) { return .isLastAdministrator }
      let update = try connection.statement("UPDATE operators SET role = ?2 WHERE name = ?1")
      try update.bind(1, name)
      try update.bind(2, role.rawValue)
      try update.run()
      guard connection.changes > 0 else { return .unknownOperator }
      try audit("operator-role", name, role.rawValue, by: who, now: now)
      return .done
    }
  }

  /// - Parameter password: as in ``addOperator(_:role:password:by:now:)``.
  /// - Returns: false when there is no such operator.
  public func setPassword(_ password: String?, of name: String, by who: String, now: Timestamp) throws -> Bool {
    try change {
      let update = try connection.statement("UPDATE operators SET password = ?2 WHERE name = ?1")
      try update.bind(1, name)
      try update.bind(2, optional: password)
      try update.run()
      guard connection.changes > 0 else { return false }
      try audit(password == nil ? "password-removed" : "password-set", name, by: who, now: now)
      return true
    }
  }

  /// With its tokens.
  ///
  /// - Parameter takesLast: as in ``setRole(_:of:takesLast:by:now:)``.
  public func removeOperator(
    _ name: String, takesLast: Bool = false, by who: String, now: Timestamp
  ) throws -> OperatorChange {
    try change {
      if !takesLast, try isLastAdministrator(name) { return .isLastAdministrator }
      let delete = try connection.statement("DELETE FROM operators WHERE name = ?1")
      try delete.bind(1, name)
      try delete.run()
      guard connection.changes > 0 else { return .unknownOperator }
      try audit("operator-removed", name, by: who, now: now)
      return .done
    }
  }

  /// Whether nobody but this one could make another administrator, other than by a command on the server.
  private func isLastAdministrator(_ name: String) throws -> Bool {
    let search = try connection.statement(
      """
      SELECT role = 'administrator' AND NOT EXISTS(SELECT 1 FROM operators WHERE role = 'administrator' AND name <> ?1)
      FROM operators WHERE name = ?1
      """)
    try search.bind(1, name)
    return try search.firstRow { $0.int(0) != 0 } ?? false
  }

  /// The hash of an operator's password, and the role; nil when there is no such operator or no password.
  public func password(of name: String) throws -> (hash: String, role: OperatorRole)? {
    try read {
      let search = try connection.statement(
        "SELECT password, role FROM operators WHERE name = ?1 AND password IS NOT NULL")
      try search.bind(1, name)
      return try search.firstRow { ($0.text(0), OperatorRole(rawValue: $0.text(1)) ?? .viewer) }
    }
  }

  // MARK: Tokens

  /// - Parameter digest: SHA-256 of the token.
  /// - Throws: when there is no such operator, or it has many tokens.
  public func addToken(
    of name: String, label: String, digest: [UInt8], expires: Timestamp?, by who: String, now: Timestamp
  ) throws -> TokenRecord {
    try change {
      let count = try connection.statement(
        """
        SELECT count(*) FROM tokens WHERE operator = ?1 AND revoked_ms IS NULL AND coalesce(expires_ms, ?2 + 1) > ?2
        """)
      try count.bind(1, name)
      try count.bind(2, now.milliseconds)
      guard try count.firstRow({ $0.int(0) }) ?? 0 < Self.maximumTokens else {
        throw IdentityStoreError("'\(name)' has \(Self.maximumTokens) tokens already: revoke some")
      }
      guard try operators().contains(where: { $0.name == name }) else {
        throw IdentityStoreError("there is no operator '\(name)': see 'fieldgate-central operator list'")
      }
      let insert = try connection.statement(
        "INSERT INTO tokens(operator, label, digest, created_ms, expires_ms) VALUES(?1, ?2, ?3, ?4, ?5)")
      try insert.bind(1, name)
      try insert.bind(2, label)
      try insert.bind(3, digest)
      try insert.bind(4, now.milliseconds)
      if let expires { try insert.bind(5, expires.milliseconds) } else { try insert.bindNull(5) }
      try insert.run()
      let number = connection.lastInsertRowID
      try audit("token-created", name, "token \(number), \(label)", by: who, now: now)
      return TokenRecord(
        number: number, owner: name, label: label, created: now, expires: expires, revoked: nil)
    }
  }

  /// Newest first; of all operators when `owner` is nil.
  public func tokens(owner: String? = nil) throws -> [TokenRecord] {
    try read {
      let search = try connection.statement(
        """
        SELECT number, operator, label, created_ms, expires_ms, revoked_ms FROM tokens
        WHERE ?1 IS NULL OR operator = ?1 ORDER BY number DESC LIMIT 1000
        """)
      try search.bind(1, optional: owner)
      var found: [TokenRecord] = []
      try search.forEachRow { row in
        found.append(
          TokenRecord(
            number: row.int64(0), owner: row.text(1), label: row.text(2),
            created: Timestamp(milliseconds: row.int64(3)), expires: row.time(4), revoked: row.time(5)))
        return true
      }
      return found
    }
  }

  /// - Parameter owner: only a token of this operator; nil: anybody's.
  /// - Returns: false when there is no such token that is not revoked already.
  public func revokeToken(_ number: Int64, owner: String?, by who: String, now: Timestamp) throws -> Bool {
    try change {
      let update = try connection.statement(
        """
        UPDATE tokens SET revoked_ms = ?2 WHERE number = ?1 AND revoked_ms IS NULL AND (?3 IS NULL OR operator = ?3)
        RETURNING operator
        """)
      try update.bind(1, number)
      try update.bind(2, now.milliseconds)
      try update.bind(3, optional: owner)
      guard let name = try update.firstRow({ $0.text(0) }) else { return false }
      try audit("token-revoked", name, "token \(number)", by: who, now: now)
      return true
    }
  }

  /// Whose token this is; nil when it is not good.
  public func operatorOfToken(digest: [UInt8], now: Timestamp) throws -> (name: String, role: OperatorRole)? {
    try read {
      let search = try connection.statement(
        """
        SELECT operators.name, role FROM tokens JOIN operators ON operators.name = tokens.operator
        WHERE digest = ?1 AND revoked_ms IS NULL AND coalesce(expires_ms, ?2 + 1) > ?2
        """)
      try search.bind(1, digest)
      try search.bind(2, now.milliseconds)
      return try search.firstRow { ($0.text(0), OperatorRole(rawValue: $0.text(1)) ?? .viewer) }
    }
  }
}

/// What became of a change to an account.
public enum OperatorChange: Hashable, Sendable {
  case done
  case unknownOperator
  /// Nobody could make another administrator then, other than by a command on the server; nothing was changed.
  case isLastAdministrator
}
