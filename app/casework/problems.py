"""Failures that the machines of this wing share."""

from app.problems import Problem


class NoSuchStep(Problem):
    type, status, title = "no-such-step", 409, "There is no such step from here, or not for you"


class GuardsFail(Problem):
    """`failing` names the guards."""

    type, status, title = "guards-fail", 409, "It may not take this step yet"
