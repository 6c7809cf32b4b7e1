internal import ArgumentParser
internal import Suites

/// How a network is trained: what a suite says under its key `training`. What is not given is left to `TrainingJob`.
struct RecipeOptions: ParsableArguments {
    @Option(help: "Passes over the training images (15; from a float checkpoint 5).") var epochs: Int?
    @Option(help: "Images of a step (128).") var batch: Int?
    @Option(
        help: """
            Peak of the one-cycle learning rate (0.2; of a detector, and from a million parameters on, 0.1; from a float \
            checkpoint 0.005).
            """)
    var rate: Double?
    @Option(help: "Momentum (0.9).") var momentum: Double?
    @Option(help: "L2 decay of the weights (0.0005).") var weightDecay: Double?
    @Option(help: "Label smoothing, 0 to less than 1 (0).") var labelSmoothing: Double?
    @Flag(help: "Do not mirror images.") var noFlips = false
    @Option(help: "Move every image by up to so many pixels, by chance (0).") var shift: Int?
    @Option(help: "Probability that a rectangle of an image is filled with noise: random erasing (0).") var erasing:
        Double?

    /// Without what belongs to simulated quantization.
    var recipe: TrainingRecipe {
        var recipe = TrainingRecipe()
        (recipe.epochs, recipe.batch, recipe.rate, recipe.momentum) = (epochs, batch, rate, momentum)
        (recipe.weightDecay, recipe.labelSmoothing) = (weightDecay, labelSmoothing)
        (recipe.shift, recipe.erasing) = (shift, erasing)
        if noFlips { recipe.flips = false }
        return recipe
    }

    /// The flags that stand on the command line.
    var given: [String] { recipe.flags.map { String($0.prefix { $0 != " " }) } }
}
