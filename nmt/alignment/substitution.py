"""What to write where the model wrote an unknown word, by the source word that it looked at.

Luong et al. 2015b ("Addressing the Rare Word Problem") and Jean et al. 2015: its translation in a lexicon, or else the
word itself, which is right for most names and numbers.
"""

from __future__ import annotations

from collections.abc import Callable

from nmt.alignment.lexicon import Lexicon


class Substitution:
    """Called with a source word, gives the word to write.

    A word with a digit is copied. Another one is looked up as it stands, then in lower case, where the translation gets
    the word's capital. Of its translations those that the model does not know come first, as it would have written
    the others; the best of them is taken, but the word itself if it is among them: so a name that once stood unchanged
    in the training text stays one. A word that the lexicon does not have is copied.
    """

    def __init__(self, lexicon: Lexicon, is_known: Callable[[str], bool]) -> None:
        """`is_known`: whether the model can write a target word by itself."""
        self._lexicon, self._is_known = lexicon, is_known

    def __call__(self, word: str) -> str:
        if any(character.isdigit() for character in word):
            return word
        if word in self._lexicon:
            return self._translation(word)
        lower = word.lower()
        if lower not in self._lexicon:
            return word
        found = self._translation(lower)
        return found[:1].upper() + found[1:] if word[:1].isupper() else found

    def _translation(self, word: str) -> str:
        choices = self._lexicon[word]
        unknown = [choice for choice in choices if not self._is_known(choice)] or choices
        return word if word in unknown else unknown[0]
