/// The key `training`: how a suite's checkpoints are made.
extension SuiteDecoder {
    mutating func decodeTraining(_ value: JSONValue) -> SuiteTraining? {
        guard checkObject(value, known: ["float", "qat"], what: "training") else { return nil }
        var training = SuiteTraining()
        if let recipe = value["float"].flatMap({ decodeRecipe($0, what: "training.float", simulated: false) }) {
            training.float = recipe
        }
        if let recipe = value["qat"].flatMap({ decodeRecipe($0, what: "training.qat", simulated: true) }) {
            training.qat = recipe
        }
        return training
    }

    private mutating func decodeRecipe(_ value: JSONValue, what: String, simulated: Bool) -> TrainingRecipe? {
        let plain = [
            "epochs", "batch", "rate", "momentum", "weight_decay", "label_smoothing", "flips", "shift", "erasing",
        ]
        let known = plain + (simulated ? ["delay", "freeze", "lsq", "from_scratch"] : [])
        guard checkObject(value, known: known, what: what) else { return nil }
        var recipe = TrainingRecipe()
        recipe.epochs = value["epochs"].flatMap { whole($0, in: TrainingRecipe.epochsRange) }
        recipe.batch = value["batch"].flatMap { whole($0, in: TrainingRecipe.batchRange) }
        recipe.rate = value["rate"].flatMap { positive($0, atMost: 100) }
        let (share, part) = ("a number from 0 to 1", "a number from 0 up to, not including, 1")
        recipe.momentum = value["momentum"].flatMap { number($0, part) { 0..<1 ~= $0 } }
        recipe.weightDecay = value["weight_decay"].flatMap { number($0, share) { 0...1 ~= $0 } }
        recipe.labelSmoothing = value["label_smoothing"].flatMap { number($0, part) { 0..<1 ~= $0 } }
        recipe.flips = value["flips"].flatMap { bool($0) }
        recipe.shift = value["shift"].flatMap { whole($0, in: TrainingRecipe.shiftRange) }
        recipe.erasing = value["erasing"].flatMap { number($0, share) { 0...1 ~= $0 } }
        guard simulated else { return recipe }
        recipe.delay = value["delay"].flatMap { whole($0, in: TrainingRecipe.delayRange) }
        recipe.freeze = value["freeze"].flatMap { number($0, share) { 0...1 ~= $0 } }
        recipe.lsq = value["lsq"].flatMap { bool($0) }
        recipe.fromScratch = value["from_scratch"].flatMap { bool($0) }
        if let node = value["lsq"], recipe.lsq == true, recipe.fromScratch == true {
            report("lsq: a float checkpoint sets the first scales; leave out lsq or from_scratch", at: node)
        }
        return recipe
    }
}
