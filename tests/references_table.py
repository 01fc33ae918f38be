"""tests/references.txt, read: what comments and documents may name although it is not here."""

class Table:
    def __init__(self, text):
        self.names = {}  # (kind, name) -> line
        self.used = set()
        self.plain = {}  # what a path begins with -> line
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            kind, _, rest = line.partition(" ")
            owner, colon, names = rest.partition(":")
            if kind not in ("name", "option", "plain") or not colon or not names.strip():
                raise ValueError(f"references.txt:{number}: expected KIND OWNER: NAME...")
            if kind == "plain":
                self.plain.update(dict.fromkeys(names.split(), number))
                continue
            if not owner.strip():
                raise ValueError(f"references.txt:{number}: whose names are these?")
            for name in names.split():
                if self.names.setdefault((kind, name), number) != number:
                    raise ValueError(f"references.txt:{number}: {name} is in line "
                                     f"{self.names[kind, name]}, too")

    def allows(self, kind, name):
        if (kind, name) not in self.names:
            return False
        self.used.add((kind, name))
        return True

    def is_plain(self, path):
        return path.startswith(tuple(self.plain))

    def unused(self, paths):
        for begin, line in self.plain.items():
            if not any(path.startswith(begin) for path in paths):
                yield line, "plain", begin
        for (kind, name), line in self.names.items():
            if (kind, name) not in self.used:
                yield line, kind, name

