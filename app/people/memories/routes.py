"""What one's own machines have seen."""

from typing import Annotated

from fastapi import Path

from app.http import Actor, Db, Router, Today, problems
from app.people.copies.service import NotTheirSignature
from app.people.memories import service
from app.people.memories.schemas import MOST, MemoriesOut, MemoryIn, MemoryKept, MemoryOut
from app.problems import NotAnEnvelope, NotFound, StaleVersion

router = Router("/memories", tag="memories")

Number = Annotated[int, Path(ge=1, le=MOST)]


@router.get("")
def list_memories(database: Db, actor: Actor) -> MemoriesOut:
    """Which versions of one's own memory are kept."""
    with database.read() as session:
        return MemoriesOut(items=[MemoryKept.model_validate(row) for row in service.of_person(session, actor.id)])


@router.get("/{number}", responses=problems(NotFound))
def fetch_memory(database: Db, actor: Actor, number: Number) -> MemoryOut:
    """One of them, as a machine of one's own sealed it."""
    with database.read() as session:
        return MemoryOut.model_validate(service.get(session, actor, number))


@router.put("", responses=problems(NotAnEnvelope, NotTheirSignature, StaleVersion))
def keep_memory(database: Db, actor: Actor, request: MemoryIn, today: Today) -> MemoryKept:
    """Keep the version that follows the last. Sent again, it changes nothing."""
    with database.write() as session:
        kept = service.keep(
            session, actor, number=request.number, file=request.file, signature=request.signature, today=today
        )
        return MemoryKept.model_validate(kept)
