"""What was measured is kept under `.gradaudit_cache/`, so that an unchanged model is answered at once.

An entry is found by the content of all that an audit reads (`identity`), believed where this person wrote it (`store`),
and holds a report as the JSON format writes it (`results`).
"""

from gradaudit.cli.cache.identity import Question
from gradaudit.cli.cache.results import AUDIT, Form, Kept, recall, remember
from gradaudit.cli.cache.store import Store, usual_store

__all__ = ["AUDIT", "Form", "Kept", "Question", "Store", "recall", "remember", "usual_store"]
