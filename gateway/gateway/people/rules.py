"""What staff may be."""

#: Every role a service asks for with Staff(…); a role that is not here is a slip of the pen.
ROLES = frozenset(
    {
        "laksa_officer",
        "laksa_head",
        "laksa_crew",
        "laksa_verifier",
        "laksa_moderator",
        "laksa_counter",
        "leader",
        "ops",
        "admin",
    }
)
