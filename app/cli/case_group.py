"""The commands of casework, and where each is made: a list of cases needs nothing of what opens one."""

from typing import Any, Final

import typer
from typer.main import get_group

from app.cli.commands import group_of, member_of

_MADE_IN: Final = {
    "list": "app.cli.case_lists:list_",
    "views": "app.cli.case_lists:views_",
    "show": "app.cli.case_lists:show_",
    "open": "app.cli.case_opening:open_",
    "log": "app.cli.case_edits:log",
    "set": "app.cli.case_edits:set_field",
    "add": "app.cli.case_edits:add",
    "say": "app.cli.case_edits:say_",
    "judge": "app.cli.case_edits:judge",
    "holders": "app.cli.case_edits:holders",
    "resume": "app.cli.case_edits:resume",
    "code": "app.cli.cases:code",
    "consent": "app.cli.cases:consent",
    "approve": "app.cli.cases:approve",
    "approvals": "app.cli.case_lists:approvals_",
    "decide": "app.cli.cases:decide",
    "assess": "app.cli.case_work:assess",
    "plan": "app.cli.case_work:plan",
    "note": "app.cli.case_work:note",
    "task": "app.cli.case_work:task",
    "tasks": "app.cli.case_work:tasks",
    "done": "app.cli.case_work:done",
    "mark": "app.cli.case_work:mark",
    "ask": "app.cli.case_work:ask",
    "close": "app.cli.case_work:close",
    "hold": "app.cli.cases:hold",
    "end": "app.cli.cases:end",
    "lent": "app.cli.case_lists:lent",
    "cancel": "app.cli.cases:cancel",
    "move": "app.cli.case_work:move",
    "same": "app.cli.case_people:same",
    "merge": "app.cli.case_joining:merge",
    "split": "app.cli.case_joining:split",
    "undo": "app.cli.case_joining:undo",
    "link": "app.cli.case_joining:link",
    "unlink": "app.cli.case_joining:unlink",
    "links": "app.cli.case_joining:links_",
    "members": "app.cli.cases:members",
}


def _make(name: str, place: str) -> Any:
    around = typer.Typer()
    around.callback()(lambda: None)  # without one, a single command is no group
    around.command(name)(member_of(place))
    return get_group(around).commands[name]


case: Final = typer.Typer(
    cls=group_of(_MADE_IN, _make), help="Work on cases: code what happened, have it approved.", no_args_is_help=True
)
