internal import Networks

/// What `train` and `diff` accept of the networks that are trained here.
extension NetworkFamily {
    /// The family's own resolution for nil.
    /// - Throws: `Failure` with status usage.
    func checked(resolution: Int?) throws -> Int {
        let resolution = resolution ?? defaultResolution
        guard (minimumResolution...512).contains(resolution) else {
            throw Failure(.usage, "--resolution \(resolution): goes from \(minimumResolution) to 512")
        }
        return resolution
    }

    /// 1 for nil.
    /// - Throws: `Failure` with status usage, also for a family that has no widths.
    func checked(width: Double?) throws -> Double {
        guard let width else { return 1 }
        guard hasWidth else { throw Failure(.usage, "--width: \(name) has no widths; leave it out") }
        guard width > 0, width <= 4 else { throw Failure(.usage, "--width \(width): goes from above 0 to 4") }
        return width
    }
}
