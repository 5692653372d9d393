"""The nine sets of the development suite: (name, file, label column; None for LIBSVM files, which need none)."""

SETS = [
    ("letter-recognition", "letter-recognition.data", "0"),
    ("satimage", "sat.trn", "-1"),
    ("adult", "adult.data.gz", "-1"),
    ("mushrooms", "agaricus-lepiota.data", "0"),
    ("yeast", "yeast.data", "-1"),
    ("wine-quality-white", "winequality-white.csv", "quality"),
    ("news20", "news20.libsvm.gz", None),
    ("leaves-shape", "data_Sha_64.txt.gz", "0"),
    ("dry-bean", "Dry_Bean_Dataset.csv.gz", "Class"),
]


def split(rows, random):
    """Three quarters to train, one to test, at random: sorted row numbers."""
    order = random.permutation(rows)
    cut = rows * 3 // 4
    return sorted(order[:cut]), sorted(order[cut:])
