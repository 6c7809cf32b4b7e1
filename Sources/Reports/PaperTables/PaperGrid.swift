/// A table of ours in the layout of a paper's.
struct PaperGrid {
    /// What a reader has to know of a number at sight; the word is the cell's class in a page.
    enum Mark: String {
        case plain = ""
        /// Chance explains its difference from float.
        case noise
        /// Measured with more threads than there are processors.
        case crowded
    }

    struct Cell {
        var text = ""
        var mark = Mark.plain

        /// Nobody measured it.
        static let blank = Cell()
    }

    let title: String
    /// The first heads the rows' names.
    let heads: [String]
    var rows: [(name: String, cells: [Cell])] = []
    var notes: [String] = []
    /// Numbers that the paper's layout has a place for and that nobody measured, each with its reason.
    var missing: [(name: String, reason: String)] = []

    init(title: String, heads: [String]) { (self.title, self.heads) = (title, heads) }

    /// The accuracy of a cell, or its difference from float; what there is not is noted as missing.
    ///
    /// - Parameters:
    ///   - cell: nil if the suite does not name it.
    ///   - name: of the cell, should it be missing; nil if the paper has no place for it.
    ///   - asDifference: whether to show the difference alone.
    ///   - withRecall: whether recall at 5 stands behind it.
    mutating func accuracy(
        _ cell: PaperCell?, name: String?, float: SeededAccuracy?, asDifference: Bool = false,
        withRecall: Bool = false
    ) -> Cell {
        if cell != nil || name != nil { note(missing: cell, name: name ?? "") }
        guard let cell else { return .blank }
        guard let accuracy = cell.accuracy else {
            if cell.problems.isEmpty { missing.append((cell.name, "its accuracy was not measured")) }
            return .blank
        }
        let own = withRecall ? accuracy.textWithRecall : accuracy.text
        guard let float, !cell.scheme.isFloat else { return Cell(text: asDifference ? "" : own) }
        let difference = accuracy.difference(from: float)
        let text = asDifference ? difference.text : own
        return difference.isNoise ? Cell(text: "≈ \(text)", mark: .noise) : Cell(text: text)
    }

    /// Notes what of a cell did not run, or under this name a cell that there is not.
    mutating func note(missing cell: PaperCell?, name: String) {
        missing += cell?.problems ?? [(name, "the suite does not name it")]
    }

    /// Says over how many seeds the numbers of trained cells go.
    mutating func noteSeeds(_ cells: [PaperCell?]) {
        let trained = cells.compactMap(\.self).filter { $0.scheme.integers?.isTrained == true && $0.accuracy != nil }
        let counts = Dictionary(grouping: trained, by: \.ran.count)
        guard let most = counts.keys.max() else { return }
        guard most > 1 else {
            notes.append("Trained for integers with one seed.")
            return
        }
        let fewer = counts.filter { $0.key < most }.sorted { $0.key > $1.key }.map { count, cells in
            let schemes = cells.map(\.scheme.text).inOrder.map { scheme in
                // Where a scheme has fewer seeds in some networks only, these are named.
                if trained.allSatisfy({ $0.scheme.text != scheme || $0.ran.count == count }) { return scheme }
                let points = cells.filter { $0.scheme.text == scheme }.map(\.point.label)
                return "\(scheme) (\(points.inOrder.joined(separator: ", ")))"
            }
            return "; \(count == 1 ? "one seed" : "\(count) seeds"): \(schemes.joined(separator: ", "))"
        }
        notes.append(
            "Trained for integers, each time from the one float checkpoint. Mean of \(most) seeds, their range in brackets\(fewer.joined())."
        )
    }
}
