public import Networks

/// A training at a step's end: what a checkpoint stores. `parameters` holds the network's tensors and the optimiser's
/// momentum as `optimizer.<name>`; `metadata` the position and the options, with keys `training.…`.
public struct TrainingState: Sendable, Equatable {
    public var parameters: Parameters
    public var metadata: [String: String]

    public init(parameters: Parameters, metadata: [String: String]) {
        (self.parameters, self.metadata) = (parameters, metadata)
    }

    /// Throws ``TrainingError/resume(reason:)`` unless a training with these options, on so many images, can go on from it.
    public func check(options: TrainingOptions, images: Int) throws(TrainingError) {
        _ = try TrainingPosition(metadata, options: options, images: images)
    }
}

/// How far a training is, and the running sums of its epoch.
struct TrainingPosition: Sendable, Equatable {
    /// Finished epochs, and finished steps of the current one.
    var epoch = 0
    var step = 0
    var loss = 0.0
    var correct = 0

    private static let prefix = "training."

    func metadata(_ options: TrainingOptions, images: Int) -> [String: String] {
        var result = [
            "epoch": "\(epoch)", "step": "\(step)", "epochLoss": "\(loss)", "epochCorrect": "\(correct)",
            "images": "\(images)", "threads": "\(options.threads)",
            "kernels": KernelLevel.chosen(options.level).name,
        ]
        for (name, value) in options.identity { result[name] = value }
        return Dictionary(uniqueKeysWithValues: result.map { (Self.prefix + $0.key, $0.value) })
    }

    init(epoch: Int = 0) { self.epoch = epoch }

    /// Reads the position back; throws if the options or the images are others. Another number of threads or
    /// instruction set is allowed, but changes the last bits.
    init(_ metadata: [String: String], options: TrainingOptions, images: Int) throws(TrainingError) {
        func text(_ name: String) throws(TrainingError) -> String {
            guard let value = metadata[Self.prefix + name] else {
                throw .resume(reason: "the checkpoint has no '\(Self.prefix)\(name)': it is not of a training")
            }
            return value
        }
        func number<T: LosslessStringConvertible>(_ name: String, _ type: T.Type) throws(TrainingError) -> T {
            let value = try text(name)
            guard let number = T(value) else {
                throw .resume(reason: "'\(Self.prefix)\(name)' is '\(value)', not a number")
            }
            return number
        }
        for (name, value) in options.identity + [(name: "images", value: "\(images)")] {
            let saved = try text(name)
            guard saved == value else {
                throw .resume(reason: "\(name) was \(saved) and is now \(value): start anew or use \(saved)")
            }
        }
        guard options.quantization != nil || metadata[Self.prefix + "scheme"] == nil else {
            throw .resume(reason: "it simulated \(try text("scheme")) and now trains in float: ask for the same again")
        }
        epoch = try number("epoch", Int.self)
        step = try number("step", Int.self)
        loss = try number("epochLoss", Double.self)
        correct = try number("epochCorrect", Int.self)
        guard 0...options.epochs ~= epoch, step >= 0 else {
            throw .resume(reason: "epoch \(epoch), step \(step) lies outside of \(options.epochs) epochs")
        }
    }
}
