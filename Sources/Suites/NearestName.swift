/// The number of characters to insert, delete, replace or swap with their neighbour to make `a` from `b`.
func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var cost = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
            row.append(cost)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}

/// The end of an error message on an unknown name: the nearest known ones, or all of them where none is near.
func suggestion(for name: String, among known: [String]) -> String {
    let ranked = known.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
        .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
    let near = ranked.filter { $0.distance <= max(2, name.count / 3) }.prefix(3).map { "'\($0.name)'" }
    if near.isEmpty { return known.isEmpty ? "none is known" : "known: \(known.joined(separator: ", "))" }
    return "did you mean \(near.joined(separator: " or "))?"
}
