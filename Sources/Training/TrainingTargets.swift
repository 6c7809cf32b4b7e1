public import Networks

/// What training images should yield, one for each: the one place where a task is added.
public enum TrainingTargets: Sendable, Equatable {
    /// A class: softmax cross-entropy.
    case classes([UInt8])
    /// The objects that the image shows: the loss of a detector.
    case objects([[LabelledBox]])

    public var count: Int {
        switch self {
        case .classes(let labels): labels.count
        case .objects(let objects): objects.count
        }
    }

    /// What it means that an image is a hit, for a progress line: "training …  93.21 %".
    public var hits: String {
        switch self {
        case .classes: "accuracy"
        case .objects: "scenes named right"
        }
    }

    /// Throws unless the network can yield these.
    func check(_ network: Network) throws(TrainingError) {
        switch (self, network.head) {
        case (.classes(let labels), nil):
            if let label = labels.max(), Int(label) >= network.classes {
                throw .images(reason: "label \(label) in a network of \(network.classes) classes")
            }
        case (.objects(let objects), let head?):
            for box in objects.joined() {
                guard 0..<head.classes ~= box.label else {
                    throw .images(reason: "label \(box.label) in a network of \(head.classes) classes")
                }
                guard box.box.left < box.box.right, box.box.top < box.box.bottom else {
                    throw .images(reason: "an object without an area")
                }
            }
        case (.classes, _): throw .images(reason: "they have classes; \(network.name) learns from objects")
        case (.objects, nil): throw .images(reason: "they have objects; \(network.name) learns from classes")
        }
    }

    /// Throws for an option that this task does not know.
    public func check(_ options: TrainingOptions) throws(TrainingError) {
        guard case .objects = self else { return }
        func refuse(_ isGiven: Bool, _ name: String, _ reason: String) throws(TrainingError) {
            if isGiven { throw .option(name: name, reason: reason) }
        }
        try refuse(options.labelSmoothing != 0, "labelSmoothing", "a detector's loss has none")
        try refuse(options.shift != 0, "shift", "a detector's scenes are only mirrored")
        try refuse(options.erasing != 0, "erasing", "a detector's scenes are only mirrored")
    }

    /// - Parameter network: one that `check` lets pass.
    func objective(_ network: Network, labelSmoothing: Double) -> any Objective {
        switch self {
        case .classes(let labels):
            CrossEntropy(labels: labels, classes: network.classes, smoothing: labelSmoothing)
        case .objects(let objects): DetectionLoss(head: network.head!, objects: objects)
        }
    }
}
