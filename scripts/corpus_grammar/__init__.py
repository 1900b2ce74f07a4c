"""The bilingual grammar behind the embedded English-German corpus.

`nouns`, `verbs` and `modifiers` are the lexicon, `morphology` inflects it,
`tokens`, `phrases` and `clauses` build both languages from one tree, `sampling`
draws trees at random, `splits` divides them into data sets, `guide` writes the
corpus's README.
"""
