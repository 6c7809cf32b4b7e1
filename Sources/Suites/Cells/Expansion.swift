/// The cells of a suite, in the order of the file, without duplicates.
public struct Expansion: Sendable {
    public var cells: [Cell]
    /// One for each cell that the suite names more than once.
    public var warnings: [String]

    /// The cells whose names contain a match of a regular expression.
    ///
    /// - Throws: `SuiteError.filter` for what is none, `SuiteError.nothingMatches`.
    public func filtered(by pattern: String) throws(SuiteError) -> Expansion {
        let regex: Regex<AnyRegexOutput>
        do { regex = try Regex(pattern) } catch { throw .filter(pattern: pattern, reason: "\(error)") }
        let kept = cells.filter { $0.name.contains(regex) }
        if kept.isEmpty, let example = cells.first {
            throw .nothingMatches(pattern: pattern, cells: cells.count, example: example.name)
        }
        return Expansion(cells: kept, warnings: warnings)
    }
}

extension Suite {
    /// Expands every case to the product of its axes.
    ///
    /// - Parameters:
    ///   - threads: takes the place of every case's thread counts.
    ///   - seed: the seed of the run, which the cells' own are derived from.
    public func expand(threads: [Int]? = nil, seed: UInt64 = 0) -> Expansion {
        var expansion = Expansion(cells: [], warnings: [])
        var known: Set<String> = []
        var repeated: Set<String> = []
        for suiteCase in cases {
            for cell in suiteCase.cells(threads: threads, seed: seed) {
                if known.insert(cell.name).inserted {
                    expansion.cells.append(cell)
                } else if repeated.insert(cell.name).inserted {
                    let place = suiteCase.position
                    expansion.warnings.append(
                        "\(file):\(place.line):\(place.column): this case names cell '\(cell.name)' again; it is measured once"
                    )
                }
            }
        }
        return expansion
    }
}

extension SuiteCase {
    func cells(threads override: [Int]?, seed: UInt64) -> [Cell] {
        var cells: [Cell] = []
        for workload in workloads {
            for batch in batch {
                for numerics in numerics {
                    for threads in override ?? threads {
                        cells.append(
                            Cell(
                                workload: workload, numerics: numerics, threads: threads, batch: batch, suiteSeed: seed)
                        )
                    }
                }
            }
        }
        return cells
    }
}
