package import QuantKernels
package import Results

/// A loop that is run again and again, of which counts are known beforehand.
package struct KnownWork {
    package let name: String
    package let title: String
    /// What one operation is called.
    package let operation: String
    /// In one run.
    package let operations: Double
    package let counts: [KnownCount]
    /// One run. Every run does the same.
    package let run: () -> Void

    package init(
        name: String, title: String, operation: String, operations: Double, counts: [KnownCount],
        run: @escaping () -> Void
    ) {
        (self.name, self.title, self.operation, self.operations) = (name, title, operation, operations)
        (self.counts, self.run) = (counts, run)
    }

    /// All loops that this machine allows.
    /// - Parameters:
    ///   - caches: whose sizes give the pointer chains their lengths; without them there are no chains.
    ///   - memory: bytes that may be used for the longest.
    package static func all(caches: [Cache], memory: Int, registry: KernelRegistry) throws -> [KnownWork] {
        [nothing, additions, branches, dotProducts] + chains(caches: caches, memory: memory)
            + [triad(caches: caches), pages, sleeps, try matrixProduct(registry)].compactMap(\.self)
    }
}
