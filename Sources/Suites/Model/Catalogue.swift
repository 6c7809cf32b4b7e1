/// What a suite's names may refer to. It is handed in, since this target knows no networks and no datasets.
public struct Catalogue: Sendable {
    /// The axes of a network family.
    public struct Network: Sendable {
        /// Whether the family has a depth multiplier.
        public var hasWidth: Bool
        public var defaultResolution: Int
        /// Smallest resolution whose layers all have an output.
        public var minimumResolution: Int

        public init(hasWidth: Bool, defaultResolution: Int, minimumResolution: Int) {
            (self.hasWidth, self.defaultResolution) = (hasWidth, defaultResolution)
            self.minimumResolution = minimumResolution
        }
    }

    public var networks: [String: Network]
    public var datasets: Set<String>
    /// Published tables that reports can set beside a suite's results.
    public var papers: [String]

    public init(networks: [String: Network], datasets: Set<String>, papers: [String] = []) {
        (self.networks, self.datasets, self.papers) = (networks, datasets, papers)
    }
}
