"""The filter language: Python's boolean expressions over spans, traces and sessions.

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
as below; name them in full: `attributes['llm.input_messages.0.message.role']`. The list itself, such as
`llm.input_messages`, is a value that JSON writes: `'refund' in llm.input_messages` looks into all of it.

**Arithmetic** is that of SQL: division by zero is missing, `/` keeps fractions, and `%` cuts both sides to whole
numbers and has the sign of the left one. `float()` and `int()` read as a number (`int` does not cut), `str()` as text.

**Annotations.** The condition holds if it is true for some choice of one annotation for each name that it uses, where
a name without annotations is represented by one whose values are all missing. So conditions on one name speak of the
same annotation, and `.score is None` also finds spans without such an annotation. `annotations['n']` alone is true if
there is one. Two functions are not bound to the choice and never unknown: `disagree('n')` is true if two annotations of
that name by different annotators have different labels, or no labels and different scores (`disagree('n', 'HUMAN')`:
both by people; `disagree('n', 'HUMAN', 'LLM')`: one by a person and one by a judge); `annotated('n', kind='HUMAN',
identifier='i', label='l')` is true if there is an annotation that is all of what is given.

**Traces and sessions** have languages of their own (`TRACES`, `SESSIONS`). They are strict: a name is a field, and
attributes need brackets. Attributes, `input`, `output` and `user.id` are those of the first root span: of the spans
without a parent, the one that started first. Sums without data are 0.

**Comprehensions** go over the collections of a record, `any(s.name == 'x' for s in spans if s.latency_ms > 1)`. Inside
stand fields of the element only, with its name before them; each element chooses its own annotations. `any` and `all`
are never unknown: `any` is true if the condition is true of some element, `all` if it is true of every one that the
`if` is true of. `len([x for x in …])` counts; `sum`, `min` and `max` pass over missing values, and without any, `sum`
is 0 and the others are missing.
"""

from rubricate_server.domain.filter.cases import Mark, SessionCase, SpanCase, SubtreeTokens, TraceCase
from rubricate_server.domain.filter.costs import cost_part
from rubricate_server.domain.filter.errors import FilterError
from rubricate_server.domain.filter.expressions import Condition
from rubricate_server.domain.filter.numeric import NUMERIC_TEXT
from rubricate_server.domain.filter.oracle import contains_text, matches
from rubricate_server.domain.filter.parsing import parse, parse_name
from rubricate_server.domain.filter.vocabulary import SESSIONS, SPANS, TRACES, Language

__all__ = [
    "NUMERIC_TEXT",
    "SESSIONS",
    "SPANS",
    "TRACES",
    "Condition",
    "FilterError",
    "Language",
    "Mark",
    "SessionCase",
    "SpanCase",
    "SubtreeTokens",
    "TraceCase",
    "contains_text",
    "cost_part",
    "matches",
    "parse",
    "parse_name",
]
