/// What is timed: one call of `run()` is one iteration.
///
/// A class with one virtual call, so that no closure, existential or actor stands in the timed region. Everything that
/// is not to be timed (packing, calibration, allocation) happens before the workload is handed to the `Sampler`.
open class Workload {
    /// The cell's name, such as `mobilenet_v1_1.0_224/w8c-a8-ptq/t1`.
    public let name: String

    public init(name: String) {
        self.name = name
    }

    /// Does the work once. Subclasses override it; the base class refuses, because timing nothing would look like a result.
    open func run() {
        preconditionFailure("Workload '\(name)' does not override run()")
    }
}
