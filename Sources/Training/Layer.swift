/// A node of the network as training runs it. Every lane calls it for its own images.
protocol Layer: AnyObject, Sendable {
    /// Reads the inputs' activations, writes the output's.
    func forward(_ lane: Lane, _ mode: PassMode)
    /// Reads the output's gradient, writes (or adds to) the inputs', adds the parameters'. After a training `forward`.
    func backward(_ lane: Lane)
}

enum PassMode: Sendable, Equatable {
    /// Batch norm by the batch's statistics, which enter the moving ones with this share.
    case training(statisticsShare: Double)
    /// Training with batch norm by the moving statistics, which stay as they are.
    case frozen
    /// Batch norm by the moving statistics.
    case inference
}

/// An input of a layer in the backward pass.
struct InputGradient: Sendable {
    let tensor: Int
    /// Whether another reader has written the gradient before.
    let accumulate: Bool
    /// Whether anything wants the gradient.
    let wanted: Bool
}
