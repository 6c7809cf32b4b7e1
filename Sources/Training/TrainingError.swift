/// What training refuses, with the message that the user reads.
public enum TrainingError: Error, CustomStringConvertible, Equatable {
    /// The node's operation, or its place in the graph, cannot be trained.
    case unsupported(node: String, reason: String)
    /// A parameter tensor is missing or has another shape.
    case parameter(name: String, reason: String)
    /// An option is out of its range.
    case option(name: String, reason: String)
    /// Images or labels do not fit the network.
    case images(reason: String)
    /// The state to resume from belongs to another training.
    case resume(reason: String)
    /// The loss is no longer a finite number.
    case diverged(epoch: Int, step: Int)

    public var description: String {
        switch self {
        case .unsupported(let node, let reason): "node '\(node)' cannot be trained: \(reason)"
        case .parameter(let name, let reason): "parameter '\(name)': \(reason)"
        case .option(let name, let reason): "training option '\(name)': \(reason)"
        case .images(let reason): "training images: \(reason)"
        case .resume(let reason): "cannot resume: \(reason)"
        case .diverged(let epoch, let step):
            "the loss is not finite any more (epoch \(epoch), step \(step)): lower the maximum learning rate"
        }
    }
}
