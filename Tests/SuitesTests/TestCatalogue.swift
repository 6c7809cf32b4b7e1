import Suites

/// Names for the tests, among them a family without widths.
let testCatalogue = Catalogue(
    networks: [
        "mobilenet_v1": Catalogue.Network(hasWidth: true, defaultResolution: 224, minimumResolution: 32),
        "fashion_mobilenet_v1": Catalogue.Network(hasWidth: true, defaultResolution: 28, minimumResolution: 8),
        "resnet18": Catalogue.Network(hasWidth: false, defaultResolution: 224, minimumResolution: 32),
    ],
    datasets: ["fashion-mnist", "mnist"], papers: ["jacob-4.7", "jacob-4.8", "equal-bytes"])

func parseSuite(_ text: String) throws(SuiteError) -> Suite {
    try Suite.parse(Array(text.utf8), file: "suites/x.json", catalogue: testCatalogue)
}

/// A suite with these cases and other keys.
func suiteText(cases: String, rest: String = "") -> String {
    "{\"schema_version\": 1, \"name\": \"x\",\n\"cases\": [\(cases)]\(rest.isEmpty ? "" : ",\n" + rest)}"
}

/// What a suite's errors say, one line each.
func complaints(_ text: String) -> [String] {
    do {
        _ = try parseSuite(text)
        return []
    } catch { return "\(error)".split(separator: "\n").map(String.init) }
}
