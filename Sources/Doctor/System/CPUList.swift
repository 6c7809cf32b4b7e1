/// Processor numbers as Linux writes them: `0-3,8,10-11`.
package enum CPUList {
    /// nil if the text is none.
    package static func parse(_ text: String) -> [Int]? {
        var numbers: [Int] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            switch (ends.count, ends.first ?? nil, ends.last ?? nil) {
            case (1...2, let first?, let last?) where 0 <= first && first <= last && last < 1 << 16:
                numbers += first...last
            default: return nil
            }
        }
        return numbers.isEmpty ? nil : numbers
    }
}
