/// The rows that no other row beats.
public enum Pareto {
    /// - Parameter points: latency (less is better) and accuracy (more is better) of each row.
    /// - Returns: for each point, whether no other one is at least as good in both and better in one. Equal points do
    ///   not beat each other.
    public static func front(_ points: [(latency: Double, accuracy: Double)]) -> [Bool] {
        points.map { own in
            !points.contains { other in
                other.latency <= own.latency && other.accuracy >= own.accuracy
                    && (other.latency < own.latency || other.accuracy > own.accuracy)
            }
        }
    }
}
