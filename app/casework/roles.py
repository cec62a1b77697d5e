"""Who works on cases."""

from app.vocabulary import Role

# Who may be a member of a case, and who of them may own it.
MEMBER_ROLES = frozenset({Role.TRIAGER, Role.CASEWORKER, Role.SUPERVISOR})
OWNER_ROLES = frozenset({Role.CASEWORKER, Role.SUPERVISOR})
