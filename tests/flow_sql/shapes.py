"""Queries of rarer shapes: joins in parentheses, ordered folds."""

from __future__ import annotations

import random

from flow_sql.generator import INT, Column, Generator, Query, Source


class Shapes(Generator):
    """One query of a rarer shape from one seed; the rest of it is as usual."""

    def query(self, depth: int) -> Query:
        if self.chance(0.75):
            return self.random.choice([self.enclosed, self.named_enclosed, self.folded])(depth)
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


def shaped_of(seed: int) -> str:
    """The query of a rarer shape of a seed."""
    return Shapes(random.Random(seed)).query(1).text
