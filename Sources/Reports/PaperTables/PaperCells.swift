import Results

/// A network, its width and its resolution.
struct PaperPoint: Hashable {
    let network: String
    let width: Double?
    let resolution: Int?

    init?(_ record: Record) {
        guard let network = record.network else { return nil }
        (self.network, width, resolution) = (network, record.width, record.resolution)
    }

    /// `0.25@28`; of a network without widths `28`.
    var size: String { [width.map { "\($0)" }, resolution.map { "\($0)" }].compactMap(\.self).joined(separator: "@") }

    var label: String { size.isEmpty ? network : "\(network) \(size)" }
}

/// What a paper's table has one number for: records that differ in their training's seed only.
struct PaperCell {
    let point: PaperPoint
    let scheme: PaperScheme
    let threads: Int
    /// One per seed, whether it ran or not.
    fileprivate(set) var records: [Record]

    var ran: [Record] { records.filter { $0.status == .ok } }
    /// Of the seeds that ran.
    var accuracy: SeededAccuracy? { SeededAccuracy(ran) }
    /// Seeds do not change it: that of the first one that ran.
    var latency: Latency? { ran.compactMap(\.latency).first }
    var modelBytes: Int? { ran.compactMap(\.modelBytes).first }
    var name: String { "\(point.label) \(scheme.text)" }
    /// Seeds that did not run, and why.
    var problems: [(name: String, reason: String)] {
        records.filter { $0.status != .ok }.map {
            ("\(point.label) \($0.numerics ?? scheme.text)", $0.reason ?? "no reason recorded")
        }
    }
}

/// The network cells of a run at batch 1, as the tables look them up.
struct PaperCells {
    private(set) var cells: [PaperCell] = []
    /// Processors of the machine.
    let processors: Int?

    init(_ file: ResultsFile) {
        processors = file.context.processor?.logicalCores
        var places: [Key: Int] = [:]
        for record in file.benchmarks where record.batch ?? 1 == 1 {
            guard let point = PaperPoint(record), let numerics = record.numerics, let threads = record.threads else {
                continue
            }
            let scheme = PaperScheme(numerics)
            let key = Key(point: point, scheme: scheme, threads: threads)
            if let place = places[key] {
                cells[place].records.append(record)
            } else {
                places[key] = cells.count
                cells.append(PaperCell(point: point, scheme: scheme, threads: threads, records: [record]))
            }
        }
    }

    private struct Key: Hashable {
        let point: PaperPoint
        let scheme: PaperScheme
        let threads: Int
    }

    /// Networks in the run's order.
    var points: [PaperPoint] { cells.map(\.point).inOrder }

    /// The schemes of these networks in the run's order.
    func schemes(of points: [PaperPoint]) -> [PaperScheme] {
        cells.filter { points.contains($0.point) }.map(\.scheme).inOrder
    }

    /// The cell with the fewest threads, which do not change accuracies.
    func cell(_ point: PaperPoint, _ scheme: String) -> PaperCell? {
        cells.filter { $0.point == point && $0.scheme.text == scheme }.min { $0.threads < $1.threads }
    }

    func cell(_ point: PaperPoint, _ scheme: String, threads: Int) -> PaperCell? {
        cells.first { $0.point == point && $0.scheme.text == scheme && $0.threads == threads }
    }

    func float(_ point: PaperPoint) -> SeededAccuracy? { cell(point, "f32")?.accuracy }
}

extension Array where Element: Hashable {
    /// Each element once, where it stands first.
    var inOrder: [Element] {
        var known: Set<Element> = []
        return filter { known.insert($0).inserted }
    }
}
