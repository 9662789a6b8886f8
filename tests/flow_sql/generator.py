"""Makes queries: seeded, typed so that DuckDB takes them, over tables of small domains."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

INT, TEXT, LIST, STRUCT = "int", "text", "list", "struct"

TABLES: dict[str, dict[str, str]] = {
    "orders": {"id": INT, "person": INT, "amount": INT, "city": TEXT, "tags": LIST},
    "people": {"person": INT, "name": TEXT, "city": TEXT, "age": INT, "home": STRUCT},
    "visits": {"id": INT, "person": INT, "kind": TEXT, "score": INT},
}


@dataclass(frozen=True)
class Column:
    """A column that an expression may name, as it is written."""

    written: str
    type: str


@dataclass
class Source:
    """A FROM clause and what can be seen behind it."""

    text: str
    columns: list[Column]


@dataclass
class Query:
    """A query and its outputs."""

    text: str
    outputs: list[Column]


@dataclass
class Generator:
    """One query from one seed."""

    random: random.Random
    views: dict[str, dict[str, str]] = field(default_factory=dict)
    count: int = 0

    def name(self, start: str) -> str:
        self.count += 1
        return f"{start}{self.count}"

    def chance(self, of: float) -> bool:
        return self.random.random() < of

    def pick(self, columns: list[Column], wanted: str) -> str | None:
        fitting = [column.written for column in columns if column.type == wanted]
        return self.random.choice(fitting) if fitting else None

    # ------------------------------------------------------------------ expressions
    def expression(self, wanted: str, seen: list[Column], depth: int) -> str:
        column = self.pick(seen, wanted)
        if column is not None and (depth <= 0 or self.chance(0.4)):
            return column
        maker = {INT: self.number, TEXT: self.text, LIST: self.list, STRUCT: self.struct}[wanted]
        return maker(seen, depth - 1)

    def number(self, seen: list[Column], depth: int) -> str:
        if depth < 0:
            return str(self.random.randint(0, 3))
        a, b = (self.expression(INT, seen, depth) for _ in range(2))
        text = self.expression(TEXT, seen, depth)
        condition = self.condition(seen, depth)
        numbers = self.expression(LIST, seen, 0)
        struct = self.expression(STRUCT, seen, 0)
        return self.random.choice(
            [
                f"({a} + {b})",
                f"({a} - {b})",
                f"abs({a}) % 3",
                f"CASE WHEN {condition} THEN {a} ELSE {b} END",
                f"CASE {a} WHEN 1 THEN {b} WHEN 2 THEN 0 END",
                f"if({condition}, {a}, {b})",
                f"coalesce({a}, {b})",
                f"nullif({a}, {b})",
                f"greatest({a}, {b})",
                f"length({text})",
                f"len({numbers})",
                f"({numbers})[1]",
                f"({struct}).x",
                f"CAST({condition} AS INT)",
                f"list_sum({numbers})::INT",
                self.struct_path(seen),
                self.scalar(seen, depth),
                self.first(seen),
            ]
        )

    def struct_path(self, seen: list[Column]) -> str:
        """A field by its path: `t.home.x`."""
        column = self.pick(seen, STRUCT)
        return f"{column}.x" if column is not None else "1"

    def first(self, seen: list[Column]) -> str:
        """A single row of a query, by an order that leaves no choice."""
        text, own, both = self.inner(seen)
        column = self.pick(own, INT) or "1"
        where = f" WHERE {self.condition(both, 0)}" if self.chance(0.5) else ""
        return f"(SELECT {column} FROM {text}{where} ORDER BY {self.whole(own)} LIMIT 1)"

    def whole(self, seen: list[Column]) -> str:
        return ", ".join(one.written for one in seen if one.type in (INT, TEXT)) or "1"

    def text(self, seen: list[Column], depth: int) -> str:
        if depth < 0:
            return "'" + self.random.choice("abc") + "'"
        a, b = (self.expression(TEXT, seen, depth) for _ in range(2))
        number = self.expression(INT, seen, depth)
        condition = self.condition(seen, depth)
        return self.random.choice(
            [
                f"({a} || {b})",
                f"upper({a})",
                f"CASE WHEN {condition} THEN {a} ELSE {b} END",
                f"substring({a}, 1, 1)",
                f"CAST({number} AS VARCHAR)",
                f"concat({a}, '-', {b})",
                f"({self.expression(STRUCT, seen, 0)}).y",
                f"coalesce({a}, 'none')",
            ]
        )

    def list(self, seen: list[Column], depth: int) -> str:
        a, b = (self.expression(INT, seen, max(depth, 0)) for _ in range(2))
        inner = self.pick(seen, LIST)
        return self.random.choice([f"[{a}, {b}]", f"list_sort({inner or f'[{a}]'})"])

    def struct(self, seen: list[Column], depth: int) -> str:
        a = self.expression(INT, seen, max(depth, 0))
        b = self.expression(TEXT, seen, max(depth, 0))
        return f"{{'x': {a}, 'y': {b}}}"

    def condition(self, seen: list[Column], depth: int) -> str:
        if depth < 0:
            return f"{self.expression(INT, seen, 0)} > 1"
        a, b = (self.expression(INT, seen, depth - 1) for _ in range(2))
        text = self.expression(TEXT, seen, depth - 1)
        choices = [
            f"{a} = {b}",
            f"{a} < {b}",
            f"{text} = 'a'",
            f"{text} LIKE 'a%'",
            f"{a} IS NULL",
            f"{a} IS NOT DISTINCT FROM {b}",
            f"{a} IN (1, 2)",
            f"{a} BETWEEN 1 AND {b}",
            f"NOT ({a} > 1)",
            f"({a} > 1 OR {text} = 'b')",
        ]
        if depth > 0:
            choices += [self.exists(seen), self.member(seen, a), self.pair(seen, a, b)]
            choices += [self.compared(seen, a)]
        return self.random.choice(choices)

    def inner(self, seen: list[Column]) -> tuple[str, list[Column], list[Column]]:
        """A small FROM inside an expression; with what it and its surroundings show."""
        source = self.one_table()
        return source.text, source.columns, source.columns + seen

    def scalar(self, seen: list[Column], depth: int) -> str:
        text, own, both = self.inner(seen)
        column = self.pick(own, INT) or "1"
        fold = self.random.choice(["max", "min", "sum", "count"])
        where = f" WHERE {self.condition(both, 0)}" if self.chance(0.7) else ""
        return f"(SELECT {fold}({column}) FROM {text}{where})"

    def exists(self, seen: list[Column]) -> str:
        text, _, both = self.inner(seen)
        no = "NOT " if self.chance(0.3) else ""
        return f"{no}EXISTS (SELECT 1 FROM {text} WHERE {self.condition(both, 0)})"

    def member(self, seen: list[Column], what: str) -> str:
        text, own, both = self.inner(seen)
        column = self.pick(own, INT) or "1"
        no = "NOT " if self.chance(0.2) else ""
        where = f" WHERE {self.condition(both, 0)}" if self.chance(0.5) else ""
        return f"{what} {no}IN (SELECT {column} FROM {text}{where})"

    def pair(self, seen: list[Column], a: str, b: str) -> str:
        text, own, _ = self.inner(seen)
        one, other = (self.pick(own, INT) or "1" for _ in range(2))
        return f"({a}, {b}) IN (SELECT ({one}, {other}) FROM {text})"

    def compared(self, seen: list[Column], what: str) -> str:
        text, own, _ = self.inner(seen)
        word = self.random.choice(["= ANY", "> ALL", "< ANY"])
        return f"{what} {word} (SELECT {self.pick(own, INT) or '1'} FROM {text})"

    # ------------------------------------------------------------------ FROM
    def one_table(self) -> Source:
        known = {**TABLES, **self.views}
        table = self.random.choice(list(known))
        alias = self.name("t")
        columns = [Column(f"{alias}.{name}", kind) for name, kind in known[table].items()]
        return Source(f"{table} AS {alias}", columns)

    def source(self, depth: int) -> Source:
        if depth > 0 and self.chance(0.25):
            query = self.query(depth - 1)
            alias = self.name("q")
            columns = [Column(f"{alias}.{one.written}", one.type) for one in query.outputs]
            return Source(f"({query.text}) AS {alias}", columns)
        return self.one_table()

    def tables(self, depth: int) -> Source:
        left = self.source(depth)
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            left = self.joined(left, depth)
        return left

    def joined(self, left: Source, depth: int) -> Source:
        kind = self.random.choice(
            [
                *("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", ",", "POSITIONAL JOIN"),
                *("SEMI JOIN", "ANTI JOIN", "UNNEST", "LATERAL"),
            ]
        )
        if kind == "UNNEST":
            alias, name = self.name("u"), self.name("e")
            numbers = self.expression(LIST, left.columns, 0)
            column = Column(f"{alias}.{name}", INT)
            text = f"{left.text}, UNNEST({numbers}) AS {alias}({name})"
            return Source(text, [*left.columns, column])
        if kind == "LATERAL":
            alias, name = self.name("l"), self.name("e")
            inner, _, both = self.inner(left.columns)
            value = self.expression(INT, both, 1)
            text = f"SELECT {value} AS {name} FROM {inner} WHERE {self.condition(both, 0)}"
            column = Column(f"{alias}.{name}", INT)
            return Source(f"{left.text}, LATERAL ({text}) AS {alias}", [*left.columns, column])
        right = self.source(depth)
        both = left.columns + right.columns
        if kind in (",", "POSITIONAL JOIN"):
            return Source(f"{left.text} {kind} {right.text}", both)
        a, b = self.pick(left.columns, INT), self.pick(right.columns, INT)
        on = f"{a} = {b}" if a and b else "1 = 1"
        if self.chance(0.2) and kind == "JOIN":
            on += f" AND {self.condition(both, 0)}"
        shown = left.columns if kind in ("SEMI JOIN", "ANTI JOIN") else both
        return Source(f"{left.text} {kind} {right.text} ON {on}", shown)

    # ------------------------------------------------------------------ queries
    def query(self, depth: int) -> Query:
        makers = [self.plain, self.plain, self.grouped, self.grouped, self.windowed, self.star]
        if depth > 0:
            makers += [self.united, self.ordinary_with, self.using, self.recursive]
            makers += [self.shared, self.named, self.chosen, self.unfolded]
        return self.random.choice(makers)(depth)

    def items(self, seen: list[Column], how_many: int) -> list[tuple[str, Column]]:
        result = []
        for _ in range(how_many):
            wanted = self.random.choice([INT, INT, TEXT, TEXT, LIST, STRUCT])
            result.append((self.expression(wanted, seen, 2), Column(self.name("c"), wanted)))
        return result

    def where(self, seen: list[Column]) -> str:
        return f" WHERE {self.condition(seen, 1)}" if self.chance(0.5) else ""

    def plain(self, depth: int) -> Query:
        source = self.tables(depth)
        items = self.items(source.columns, self.random.randint(1, 4))
        distinct = "DISTINCT " if self.chance(0.15) else ""
        listed = ", ".join(f"{text} AS {column.written}" for text, column in items)
        text = f"SELECT {distinct}{listed} FROM {source.text}{self.where(source.columns)}"
        outputs = [column for _, column in items]
        return Query(text + self.tail(outputs), outputs)

    def tail(self, outputs: list[Column]) -> str:
        if not self.chance(0.3):
            return ""
        last = outputs[-1].written
        text = f" ORDER BY {self.random.choice(['ALL', '1', '(1)', last, f'(({last}))'])}"
        return text + (f" LIMIT {self.random.randint(1, 4)}" if self.chance(0.6) else "")

    def star(self, depth: int) -> Query:
        table = self.random.choice(list(TABLES))
        columns = [Column(name, kind) for name, kind in TABLES[table].items()]
        left_out = self.random.choice(columns)
        text = f"SELECT * EXCLUDE ({left_out.written}) FROM {table}{self.where(columns)}"
        return Query(text, [column for column in columns if column is not left_out])

    def fold(self, seen: list[Column]) -> tuple[str, str]:
        number = self.expression(INT, seen, 1)
        text = self.expression(TEXT, seen, 1)
        call, kind = self.random.choice(
            [
                ("count(*)", INT),
                (f"count({text})", INT),
                (f"count(DISTINCT {text})", INT),
                (f"sum({number})", INT),
                (f"max({text})", TEXT),
                (f"min({number})", INT),
                (f"arg_max({text}, {number})", TEXT),
                (f"list({number} ORDER BY {number})", LIST),
                (f"string_agg({text}, ',' ORDER BY {text}, {number})", TEXT),
                (f"first({text} ORDER BY {number}, {text})", TEXT),
            ]
        )
        if self.chance(0.2):
            call += f" FILTER (WHERE {self.condition(seen, 0)})"
        return (f"CAST({call} AS INT)" if kind == INT else call), kind

    def grouped(self, depth: int) -> Query:
        source = self.tables(depth)
        seen = source.columns
        keys = [
            (self.expression(kind, seen, 1), Column(self.name("k"), kind))
            for kind in self.random.choices([INT, TEXT], k=self.random.randint(0, 2))
        ]
        folds = []
        for _ in range(self.random.randint(1, 3)):
            call, kind = self.fold(seen)
            folds.append((call, Column(self.name("f"), kind)))
        items = keys + folds
        listed = ", ".join(f"{text} AS {column.written}" for text, column in items)
        text = f"SELECT {listed} FROM {source.text}{self.where(seen)}"
        if keys:
            listed = ", ".join(key for key, _ in keys)
            places = [str(n) for n in range(1, len(keys) + 1)]
            choices = ["ALL", ", ".join(places), ", ".join(f"({place})" for place in places)]
            if "SELECT" not in listed:
                choices += [listed, f"ROLLUP ({listed})", f"CUBE ({listed})"]
            text += f" GROUP BY {self.random.choice(choices)}"
        if self.chance(0.25):
            text += f" HAVING count(*) > {self.random.randint(0, 2)}"
        outputs = [column for _, column in items]
        return Query(text + self.tail(outputs), outputs)

    def windowed(self, depth: int) -> Query:
        source = self.tables(depth)
        seen = source.columns
        whole = self.whole(seen)
        items, shared = self.items(seen, 1), ""
        for _ in range(self.random.randint(1, 2)):
            value = self.expression(INT, seen, 1)
            by, part = self.expression(INT, seen, 1), self.expression(TEXT, seen, 1)
            order = f"ORDER BY {by}, {whole}" if self.chance(0.8) else f"ORDER BY {whole}"
            split = f"PARTITION BY {part} " if self.chance(0.6) else ""
            call = self.random.choice(
                [
                    *("row_number()", "rank()", "dense_rank()", "count(*)", "ntile(2)"),
                    *(f"lag({value})", f"lead({value}, 1, 0)", f"first_value({value})"),
                    f"sum({value})",
                ]
            )
            over = f"OVER ({split}{order})"
            if self.chance(0.2) and not call.startswith(("ntile", "row", "rank", "dense")):
                over = f"OVER ({split}{order} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"
            if self.chance(0.2):
                over, shared = "OVER shared", f"{split}{order}"
            items.append((f"CAST({call} {over} AS INT)", Column(self.name("w"), INT)))
        listed = ", ".join(f"{text} AS {column.written}" for text, column in items)
        text = f"SELECT {listed} FROM {source.text}{self.where(seen)}"
        if shared:
            text += f" WINDOW shared AS ({shared})"
        outputs = [column for _, column in items]
        if self.chance(0.3) and not shared:
            text += f" QUALIFY {outputs[-1].written} <= 2"
        return Query(text, outputs)

    def united(self, depth: int) -> Query:
        kinds = self.random.choices([INT, TEXT], k=self.random.randint(1, 3))
        parts, outputs = [], []
        for _ in range(2):
            source = self.tables(0)
            names = [Column(self.name("s"), kind) for kind in kinds]
            listed = ", ".join(
                f"{self.expression(kind, source.columns, 1)} AS {column.written}"
                for kind, column in zip(kinds, names, strict=True)
            )
            parts.append(f"SELECT {listed} FROM {source.text}{self.where(source.columns)}")
            outputs = outputs or names
        word = self.random.choice(["UNION", "UNION ALL", "INTERSECT", "EXCEPT", "EXCEPT ALL"])
        return Query(f"{parts[0]} {word} {parts[1]}" + self.tail(outputs), outputs)

    def ordinary_with(self, depth: int) -> Query:
        name = self.name("view")
        first = self.query(depth - 1)
        self.views[name] = {one.written: one.type for one in first.outputs}
        body = self.query(0)
        del self.views[name]
        return Query(f"WITH {name} AS ({first.text}) {body.text}", body.outputs)

    def using(self, depth: int) -> Query:
        kind = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        a, b = self.name("t"), self.name("t")
        seen = [Column("person", INT)]
        seen += [Column(f"{a}.{n}", k) for n, k in TABLES["orders"].items() if n != "person"]
        seen += [Column(f"{b}.{n}", k) for n, k in TABLES["people"].items() if n != "person"]
        items = self.items(seen, 2)
        listed = ", ".join(f"{text} AS {column.written}" for text, column in items)
        source = f"orders {a} {kind} people {b} USING (person)"
        outputs = [column for _, column in items]
        return Query(f"SELECT {listed} FROM {source}{self.where(seen)}", outputs)

    def shared(self, depth: int) -> Query:
        """Stars over joins that merge columns."""
        text, columns = self.random.choice(
            [
                ("orders NATURAL JOIN visits", {"id": INT, "person": INT, "amount": INT}),
                ("orders JOIN visits USING (id)", {"id": INT, "amount": INT, "kind": TEXT}),
                ("orders FULL JOIN visits USING (id, person)", {"id": INT, "person": INT}),
                ("orders RIGHT JOIN visits USING (person)", {"person": INT, "score": INT}),
                ("orders a JOIN visits b USING (id) JOIN orders c USING (id)", {"id": INT}),
            ]
        )
        seen = [Column(name, kind) for name, kind in columns.items()]
        where = self.where(seen)
        if self.chance(0.5) and "SELECT" not in where:
            return Query(f"SELECT * FROM {text}{where}", seen)
        items = self.items(seen, 2)
        listed = ", ".join(f"{one} AS {column.written}" for one, column in items)
        if "SELECT" in listed + where:  # a merged column is not read from inside another query
            return self.star(depth)
        outputs = [column for _, column in items]
        return Query(f"SELECT {listed} FROM {text}{where}{self.tail(outputs)}", outputs)

    def named(self, depth: int) -> Query:
        """Outputs that are read by their names: in the list, WHERE, GROUP BY, HAVING."""
        source = self.tables(0)
        a, b, n = Column(self.name("c"), INT), Column(self.name("c"), INT), self.name("n")
        first = self.expression(INT, source.columns, 2)
        if self.chance(0.5):
            text = f"SELECT {first} AS {a.written}, {a.written} + 1 AS {b.written} "
            text += f"FROM {source.text} WHERE {a.written} > 0 ORDER BY {b.written} + 1, 1"
            return Query(text, [a, b])
        fold, kind = self.fold(source.columns)
        text = f"SELECT {first} AS {a.written}, {fold} AS {n}, grouping({first}) AS {b.written} "
        if "SELECT" in first:
            text = f"SELECT {first} AS {a.written}, {fold} AS {n}, 1 AS {b.written} "
        text += f"FROM {source.text} GROUP BY {a.written} HAVING {a.written} > 0"
        return Query(text, [a, Column(n, kind), b])

    def chosen(self, depth: int) -> Query:
        """DISTINCT ON by an order that leaves no choice, and set operations by name."""
        if self.chance(0.5):
            names = self.random.choice(["UNION ALL BY NAME", "UNION BY NAME"])
            one = "SELECT id AS c1, city AS c2 FROM orders" + self.where([Column("amount", INT)])
            other = "SELECT kind AS c2, score AS c3 FROM visits"
            outputs = [Column("c1", INT), Column("c2", TEXT), Column("c3", INT)]
            return Query(f"{one} {names} {other}", outputs)
        source = self.one_table()
        items = self.items(source.columns, 2)
        listed = ", ".join(f"{text} AS {column.written}" for text, column in items)
        key = self.expression(INT, source.columns, 1)
        if self.chance(0.3):
            key = self.random.choice(["(1)", "((1))"])
        text = f"SELECT DISTINCT ON ({key}) {listed} FROM {source.text} "
        text += f"ORDER BY {key}, {self.whole(source.columns)}"
        return Query(text, [column for _, column in items])

    def unfolded(self, depth: int) -> Query:
        """Lists that make rows in the select list."""
        source = self.tables(0)
        item = Column(self.name("e"), INT)
        other = self.items(source.columns, 1)[0]
        text = f"SELECT unnest({self.expression(LIST, source.columns, 1)}) AS {item.written}, "
        text += f"{other[0]} AS {other[1].written} FROM {source.text}{self.where(source.columns)}"
        return Query(text, [item, other[1]])

    def recursive(self, depth: int) -> Query:
        name, a, b = self.name("walk"), self.name("c"), self.name("c")
        word = self.random.choice(["UNION", "UNION ALL"])
        column = self.random.choice(["amount", "person", "id"])
        text = (
            f"WITH RECURSIVE {name}({a}, {b}) AS (SELECT id, {column} FROM orders {word} "
            f"SELECT {b} + 1, {a} FROM {name} WHERE {a} < {self.random.randint(2, 4)} AND {b} < 4) "
            f"SELECT {a}, {b} FROM {name}"
        )
        return Query(text, [Column(a, INT), Column(b, INT)])


def query_of(seed: int) -> str:
    """The query of a seed."""
    return Generator(random.Random(seed)).query(2).text
