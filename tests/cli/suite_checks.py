"""The nine sets of ../shared/data/suite: `train FILE --label L` with no other option ends certified or separable."""

import os

# File, label column (LIBSVM text has none to name), rows, classes.
SETS = {
    "letter_recognition": ("letter-recognition/letter-recognition.data", "0", 20000, 26),
    "satimage": ("satimage/sat.trn", "-1", 4435, 6),
    "adult": ("adult/adult.data", "-1", 32561, 2),
    "mushrooms": ("mushrooms/agaricus-lepiota.data", "0", 8124, 2),
    "yeast": ("yeast/yeast.data", "-1", 1484, 10),
    "wine_quality_white": ("wine-quality-white/winequality-white.csv", "quality", 4898, 7),
    "leaves_shape": ("leaves-shape/data_Sha_64.txt", "0", 1600, 100),
    "dry_bean": ("dry-bean/Dry_Bean_Dataset.csv", "Class", 13611, 7),
    "news20": ("news20/news20.libsvm", None, 15935, 20),
}


def trains(t, file, label, rows, classes):
    suite = t.shared("suite")
    path = next((p for p in (file, file + ".gz") if os.path.exists(os.path.join(suite, p))), file)
    words = ["train", t.shared("suite", path), "--json", "--out", "run"] + (["--label", label] if label else [])
    answer = t.json(words, timeout=240)
    t.equal((answer["rows"], answer["classes"]), (rows, classes), "rows and classes")
    t.check(answer["status"] in ("certified", "separable"), f"the status is {answer['status']}: {answer['why']}")
    if answer["status"] == "certified":
        t.check(answer["gap"] <= 1e-8, f"the gap is {answer['gap']}")
    else:
        t.check(answer["separation"]["rows_helped"] > 0, "no row is helped by the separating direction")


MANY = {name: lambda t, of=of: trains(t, *of) for name, of in SETS.items()}
