"""How far a path has come: a byte in a file for every fit, from whatever process."""


def note(progress, count=1):
    if progress:
        with open(progress, "ab") as file:
            file.write(b"." * count)
