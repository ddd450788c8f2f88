"""What of a report is its reporter's, and what stays when she leaves; pure (DECISIONS: erasure)."""

from datetime import timedelta

from svc_laksa.reports.rules import RESTRICTED

#: Kinds of text a reporter writes; questions, notes and internal remarks are the agency's record of its work.
HER_WORDS = frozenset({"description", "address", "attributes", "answer", "reason"})
LOOK_AGAIN = timedelta(days=1)


def keeps_words(privacy: str, closed: bool) -> bool:
    """Whether an agency still needs the words: those of a confidential or a police matter while it is open.

    Whoever holds the phone of a victim could end the case by deleting the account; and UU PDP 27/2022
    (article 44) leaves out what belongs to a case that is not settled.
    """
    return privacy in RESTRICTED and not closed
