"""Queries of rarer shapes: joins in parentheses, ordered folds, PIVOT and UNPIVOT, lambdas."""

from __future__ import annotations

import random

from flow_sql.generator import INT, LIST, TABLES, TEXT, Column, Generator, Query, Source


class Shapes(Generator):
    """One query of a rarer shape from one seed; the rest of it is as usual."""

    def query(self, depth: int) -> Query:
        if self.chance(0.75):
            makers = [self.enclosed, self.named_enclosed, self.folded, self.pivoted, self.unpivoted]
            makers += [self.mapped, self.mapped]
            return self.random.choice(makers)(depth)
        return super().query(depth)

    # ------------------------------------------------------------------ joins
    def pair_of(self, left: Source, right: Source) -> tuple[str, list[Column]]:
        """Two parts of FROM and the join between them."""
        both = left.columns + right.columns
        a, b = self.pick(left.columns, INT), self.pick(right.columns, INT)
        word = self.random.choice(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        on = f"{a} = {b}" if a and b else "1 = 1"
        return f"{left.text} {word} {right.text} ON {on}", both

    def enclosed_source(self) -> Source:
        text, columns = self.pair_of(self.one_table(), self.one_table())
        if self.chance(0.3):
            text, columns = self.pair_of(Source(f"({text})", columns), self.one_table())
        return Source(f"({text})", columns)

    def enclosed(self, depth: int) -> Query:
        left = self.enclosed_source() if self.chance(0.5) else self.source(depth)
        right = self.enclosed_source()
        text, columns = self.pair_of(left, right)
        if self.chance(0.2):
            text, columns = f"{left.text}, {right.text}", left.columns + right.columns
        items = self.items(columns, self.random.randint(1, 3))
        listed = ", ".join(f"{item} AS {column.written}" for item, column in items)
        if self.chance(0.2):
            listed, items = "*", []
        where = self.where(columns)
        return Query(f"SELECT {listed} FROM {text}{where}", [column for _, column in items])

    def named_enclosed(self, depth: int) -> Query:
        a, b, q = (self.name("t") for _ in range(3))
        word = self.random.choice(["JOIN", "LEFT JOIN", "FULL JOIN"])
        source = f"(orders AS {a} {word} people AS {b} USING (person)) AS {q}"
        seen = [Column(f"{q}.{name}", INT) for name in ("id", "person", "amount", "age")]
        items = self.items(seen, 2)
        listed = ", ".join(f"{item} AS {column.written}" for item, column in items)
        text = f"SELECT {listed} FROM {source}{self.where(seen)}"
        return Query(text, [column for _, column in items])

    # ------------------------------------------------------------------ ordered folds
    def folded(self, depth: int) -> Query:
        source = self.tables(0)
        key, out = self.expression(INT, source.columns, 1), Column(self.name("k"), INT)
        items = [(key, out)]
        for _ in range(2):
            value = self.expression(INT, source.columns, 1)
            down = self.random.choice(["", " DESC"])
            share = self.random.choice(["0", "0.3", "0.5", "1"])
            call = self.random.choice(
                [
                    f"percentile_cont({share}) WITHIN GROUP (ORDER BY {value}{down})",
                    f"percentile_disc({share}) WITHIN GROUP (ORDER BY {value}{down})",
                    f"mode() WITHIN GROUP (ORDER BY {value}{down})",
                    f"quantile_cont({share} ORDER BY {value}{down})",
                ]
            )
            if self.chance(0.3):
                call += f" FILTER (WHERE {self.condition(source.columns, 0)})"
            items.append((f"CAST({call} AS INT)", Column(self.name("f"), INT)))
        listed = ", ".join(f"{item} AS {column.written}" for item, column in items)
        where = self.where(source.columns)
        text = f"SELECT {listed} FROM {source.text}{where} GROUP BY 1"
        return Query(text, [column for _, column in items])

    # ------------------------------------------------------------------ PIVOT, UNPIVOT
    def of_one_name(self) -> tuple[str, list[Column]]:
        """A table, or a query of some of its columns, whose names stand alone."""
        table = self.random.choice(list(TABLES))
        columns = [Column(name, kind) for name, kind in TABLES[table].items()]
        columns = [column for column in columns if column.type in (INT, TEXT)]
        if self.chance(0.3):
            return table, [Column(name, kind) for name, kind in TABLES[table].items()]
        listed = ", ".join(column.written for column in columns)
        return f"(SELECT {listed} FROM {table}{self.where(columns)})", columns

    def cases_of(self, column: Column) -> str:
        """The values that a column is pivoted by."""
        known = ["a", "b", "ab", "zz"] if column.type == TEXT else ["0", "1", "2", "9"]
        chosen = self.random.sample(known, self.random.randint(1, 3))
        if self.chance(0.15):
            known = [str(number) for number in range(25)]
            chosen = known if column.type == INT else ["a", "b", *known]
        quoted = column.type == TEXT or self.chance(0.2)
        listed = [f"'{one}'" if quoted else one for one in chosen]
        if self.chance(0.2):
            listed.append("NULL")
        return ", ".join(listed)

    def pivoted(self, depth: int) -> Query:
        source, columns = self.of_one_name()
        usual = [column for column in columns if column.type in (INT, TEXT)]
        by = self.random.sample(usual, 1 if self.chance(0.8) else 2)
        folded = self.random.choice([c for c in usual if c.type == INT]).written
        order = ", ".join(c.written for c in usual)
        calls = [
            *(f"max({folded})", "count(*)", f"count(DISTINCT {folded})"),
            *(f"list({folded} ORDER BY {order})", f"min({folded} + 1)"),
        ]
        using = [self.random.choice(calls)]
        if self.chance(0.4):
            names = [self.name("f") for _ in range(self.random.randint(1, 2))]
            using = [f"{self.random.choice(calls)} AS {name}" for name in names]
        cases = [self.cases_of(column) for column in by]
        keys = [column.written for column in usual if column not in by and self.chance(0.5)]
        group = f" GROUP BY {', '.join(keys)}" if keys and self.chance(0.7) else ""
        if self.chance(0.5):
            on = ", ".join(
                f"{column.written} IN ({one})" for column, one in zip(by, cases, strict=True)
            )
            text = f"PIVOT {source} ON {on} USING {', '.join(using)}{group}"
            text = text if self.chance(0.4) else f"SELECT * FROM ({text}) AS {self.name('p')}"
            return Query(text, [])
        on = " ".join(f"{column.written} IN ({one})" for column, one in zip(by, cases, strict=True))
        text = f"{source} PIVOT ({', '.join(using)} FOR {on}{group}) AS {self.name('p')}"
        return Query(f"SELECT * FROM {text}", [])

    def unpivoted(self, depth: int) -> Query:
        source, columns = self.of_one_name()
        kind = self.random.choice([INT, INT, TEXT])
        fitting = [column.written for column in columns if column.type == kind]
        chosen = self.random.sample(fitting, self.random.randint(1, len(fitting)))
        written = [one.upper() if self.chance(0.3) else one for one in chosen]
        if self.chance(0.4):
            into = "" if self.chance(0.3) else " INTO NAME n VALUE x"
            text = f"UNPIVOT {source} ON {', '.join(written)}{into}"
            text = text if self.chance(0.4) else f"SELECT * FROM ({text}) AS {self.name('p')}"
            return Query(text, [])
        written = [f"{one} AS {self.name('z')}" if self.chance(0.2) else one for one in written]
        nulls = " INCLUDE NULLS" if self.chance(0.4) else ""
        listed = ", ".join(written)
        alias = self.name("p")
        text = f"SELECT * FROM {source} UNPIVOT{nulls} (x FOR n IN ({listed})) AS {alias}"
        if self.chance(0.3):
            text += f" WHERE n <> '{chosen[0]}'"
        return Query(text, [])

    # ------------------------------------------------------------------ lambdas
    def mapped(self, depth: int) -> Query:
        source = self.tables(0)
        items = []
        for _ in range(2):
            made = self.over_list(source.columns, 2)
            made = self.random.choice([made, f"list_sum({made})::INT", f"len({made})"])
            items.append((made, Column(self.name("c"), INT)))
        items += self.items(source.columns, 1)
        listed = ", ".join(f"{item} AS {column.written}" for item, column in items)
        where = self.where(source.columns)
        return Query(f"SELECT {listed} FROM {source.text}{where}", [])

    def over_list(self, seen: list[Column], depth: int) -> str:
        """A list made of a list by a lambda whose name may hide a column."""
        listed = self.expression(LIST, seen, 0)
        if depth > 1 and self.chance(0.3):
            listed = self.over_list(seen, depth - 1)
        a, b = self.random.sample(["x", "amount", "person", "kind", "city", "y"], 2)
        columns = [one for one in seen if one.type in (INT, TEXT)]
        inner = [*columns, *[Column(a, INT)] * 3]
        both = [*inner, *[Column(b, INT)] * 3]
        one, condition = self.simple(inner), f"{self.simple(inner)} > {self.simple(inner)}"
        nested = f"list_sum({self.over_list(inner, depth - 1)})::INT" if depth > 1 else a
        return self.random.choice(
            [
                f"list_transform({listed}, lambda {a}: {one})",
                f"list_transform({listed}, lambda {a.upper()}: {one} + {nested})",
                f"list_transform({listed}, lambda {a}, {b}: ({self.simple(both)})::INT)",
                f"list_filter({listed}, lambda {a}: {condition})",
                f"list_filter({listed}, lambda {a}, {b}: {self.simple(both)} > 1)",
                f"[list_reduce({listed}, lambda {a}, {b}: ({self.simple(both)})::INT, 1)]",
                f"[{one} FOR {a} IN {listed}]",
                f"[{one} FOR {a} IN {listed} IF {condition}]",
                f"list_transform([{{'f': {self.simple(columns)}}}], lambda zz: zz.f + 1)",
            ]
        )

    def simple(self, seen: list[Column]) -> str:
        """A number without a query in it."""
        a, b, c = (self.pick(seen, INT) or "1" for _ in range(3))
        return self.random.choice(
            [a, f"({a} + {b})", f"CASE WHEN {a} > {c} THEN {b} ELSE 0 END", f"coalesce({a}, {b})"]
        )


def shaped_of(seed: int) -> str:
    """The query of a rarer shape of a seed."""
    return Shapes(random.Random(seed)).query(1).text
