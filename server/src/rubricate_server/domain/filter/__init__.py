"""The filter language: Python's boolean expressions over spans.

    span_kind == 'LLM' and latency_ms > 1000 and annotations['correctness'].label == 'incorrect'

`parse` reads an expression into a tree of frozen values (`expressions`), `storage.filter` compiles the tree to SQL,
and `oracle.matches` says in plain Python what the tree means. This is what it means:

**Unknown is not false.** Every comparison with a missing value is unknown, `not` of unknown is unknown, and only what
is true matches, as in SQL. `is None` and `is not None` are never unknown.

**Kinds.** A value is text, a number, a time or true/false; comparing different kinds is an error, found when parsing.
Texts compare exactly, by code point. `x in text` does not regard case: when x is all ASCII, ASCII letters are alike in
both cases; otherwise both sides are compared by their Unicode case folding. Literals compared with `span_kind`,
`status_code` and `annotator_kind` are raised to upper case, and ids are compared as hexadecimal, in either case.

**Attributes are loose**: what one is compared with decides how it is read.

* With text, it is read as text: a string as it is, anything else as JSON writes it (`1`, `1.0`, `true`, `["a","b"]`).
* With a number, it is read as a number: a number as it is, true and false as 1 and 0, a string that is a JSON number
  (spaces around it and up to 256 characters allowed) as that number; anything else is missing.
* With True or False: a boolean as it is, the numbers 1 and 0, the strings `true` and `false` in any case; anything
  else is missing.
* With another attribute: as numbers if both can be read so, else as texts.

So `x.y == 1` and `x.y == '1'` both find the number 1 and the string "1". `is None` asks whether there is a value, or
anything below: with an attribute `metadata.tier`, `metadata is None` is false. Places in lists of objects do not count
as below; name them in full: `attributes['llm.input_messages.0.message.role']`.

**Arithmetic** is that of SQL: division by zero is missing, `/` keeps fractions, and `%` cuts both sides to whole
numbers and has the sign of the left one. `float()` and `int()` read as a number (`int` does not cut), `str()` as text.

**Annotations.** The condition holds if it is true for some choice of one annotation for each name that it uses, where
a name without annotations is represented by one whose values are all missing. So conditions on one name speak of the
same annotation, and `.score is None` also finds spans without such an annotation. `annotations['n']` alone is true if
there is one. `disagree('n')` is true if two annotations of that name by different annotators have different labels,
or no labels and different scores; it is not bound to the choice.
"""

from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.expressions import Condition
from rubricate_server.domain.filter.oracle import NUMERIC_TEXT, Mark, SpanCase, SubtreeTokens, contains_text, matches
from rubricate_server.domain.filter.parsing import parse

__all__ = [
    "NUMERIC_TEXT",
    "Condition",
    "FilterError",
    "Mark",
    "SpanCase",
    "SubtreeTokens",
    "contains_text",
    "matches",
    "parse",
]
