/** What every implementation refuses, rule by rule; Python runs the same file (tests/protocol/test_refusals.py). */

import { identityToRecipient } from "age-encryption"
import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

import { checkRecipient, encrypt, type Identity } from "./age.ts"
import { Trust } from "./certificates.ts"
import { kindOf, parseDocument, textOf } from "./documents.ts"
import { checkAt, checkDay, checkHash, checkId, concat, parseObject, sha256Hex, unb64, utf8 } from "./encoding.ts"
import type { Bytes } from "./encoding.ts"
import { Malformed, NotAuthentic, NotMine, Rollback } from "./errors.ts"
import { checkAccepts, readIntake } from "./intake.ts"
import { checkFollows, checkHead, parseHead, shownOn, verifyLog, type Head } from "./key_log.ts"
import { join, readReporterMessage, readStaffMessage, readState, readThreadState } from "./mailbox.ts"
import { openDocument, type Asked, type Seen } from "./opening.ts"
import { checkForm, type Form } from "./report.ts"
import { classes } from "./sizes.ts"

interface Vector {
    rule: string
    name: string
    given: object
    refused: { kind: string; reason: string } | null
    gives?: unknown
}

const refusals = read("refusals") as { lines: Record<string, string>; vectors: Record<string, Vector[]> }
const documents = read("documents") as { asked: { thread_key: string } }
const organisation = read("organisation") as { pin: string; root: string }
const { of_a_thread: sealed } = read("sealed") as {
    of_a_thread: { file: string; identity: string; text: string }
}
const TRUST = Trust.pinned(parseDocument(organisation.root), organisation.pin)

// What only staff's clients read: a reporter's asks for nothing of it.
const OF_STAFF = [
    ...["attachment", "signed", "certificates", "certificate-chain", "kept", "journal", "part", "case", "audit-chain", "grant"],
    ...["audit-heads", "audit-seen", "staff-log", "document-of-staff", "public-of-staff"],
]
// In reporter/thread.test.ts.
const ELSEWHERE = ["answer"]

interface LogGiven {
    pin: string
    lines: string[]
    head: unknown
    seen: Head | null
    shown?: { text: string; today: string }
}

const READERS: Record<string, (given: never) => unknown> = {
    hash: ({ value }: { value: unknown }) => checkHash(value),
    id: ({ value, prefix }: { value: unknown; prefix: string }) => checkId(value, prefix),
    day: ({ value }: { value: unknown }) => checkDay(value),
    at: ({ value }: { value: unknown }) => checkAt(value),
    base64url: ({ value, size }: { value: string; size: number | null }) => unb64(value, size ?? undefined),
    recipient: ({ value }: { value: unknown }) => checkRecipient(value),
    json: (given: { line: string } | { bytes: string }) =>
        parseObject("line" in given ? given.line : unb64(given.bytes)),
    envelope: openEdited,
    document: (given: { text: string } | { bytes: string }) => {
        const document = parseDocument("text" in given ? given.text : unb64(given.bytes))
        if ("text" in given) expect(textOf(document)).toBe(given.text.trimEnd() + "\n")
    },
    root: ({ text, pin }: { text: string; pin: string }) => Trust.pinned(parseDocument(text), pin),
    public: ({ text, type, roots = [] }: { text: string; type: string; roots?: string[] }) =>
        roots
            .reduce((trust, root) => trust.followedBy(parseDocument(root)), TRUST)
            .checkPublic(parseDocument(text), type),
    "key-log": ({ pin, lines, head, seen, shown }: LogGiven) => {
        const log = verifyLog(
            lines.map((name) => refusals.lines[name] ?? ""),
            pin,
        )
        if (head !== null) checkHead(log, ...parseHead(head))
        checkFollows(log, seen)
        if (shown) shownOn(log, shown.today, shown.text)
    },
    intake: ({ text, today }: { text: string; today: string }) => {
        checkAccepts(readIntake(parseDocument(text)), today)
    },
    opening: openSealed,
    form: (form: Form) => checkForm(form),
    body: ({ type, body }: { type: keyof typeof BODIES; body: object }) => BODIES[type](body),
    reply: ({ parts }: { parts: object[] }) => join(parts.map(readStaffMessage)),
}
const BODIES = {
    "thread-state": readThreadState,
    "message.reporter": readReporterMessage,
    "message.staff": readStaffMessage,
    state: readState,
}

test("every vector is run, here or by whoever reads what it is of", () => {
    expect(Object.keys(refusals.vectors).sort()).toEqual([...Object.keys(READERS), ...OF_STAFF, ...ELSEWHERE].sort())
})

test.each(
    Object.entries(READERS).flatMap(([name, reader]) =>
        (refusals.vectors[name] ?? []).map((vector) => ({ ...vector, reads: name, reader })),
    ),
)("$reads: $rule: $name", async ({ given, refused, gives, reader }) => {
    let found: unknown
    let failure: unknown = null
    try {
        found = await reader(given as never)
    } catch (error) {
        failure = error
    }

    expect(failure && told(failure)).toEqual(refused)
    if (gives !== undefined) expect(found).toEqual(gives)
})

async function openSealed(given: {
    text: string
    size: number | null
    sealed_to: string
    opened_by: string
    asked: Asked
    thread_key: string | null
    seen: { version: number; sha256: string | null; generation: number | null } | null
}): Promise<void> {
    const { text, size, asked, thread_key, seen } = given
    const file = await filled(text, size ?? classes(kindOf(asked.type))[0] ?? 0, await identity(given.sealed_to))
    const key = `${asked.type} ${asked.subject}`
    const memory: Seen = new Map()
    if (seen) memory.set(key, { ...seen, sha256: seen.sha256 ?? sha256Hex(file) })
    const means = { seen: memory, ...(thread_key === null ? {} : { threadKey: unb64(thread_key) }) }

    const opened = await openDocument(file, await identity(given.opened_by), asked, means)

    const { version, generation } = opened.document.header
    expect(textOf(opened.document)).toBe(text)
    expect(memory.get(key)).toEqual({ version, sha256: sha256Hex(file), generation })
}

async function openEdited({ edits }: { edits: { at: number; cut: number; put: string }[] }): Promise<void> {
    let file = unb64(sealed.file)
    for (const { at, cut, put } of edits) file = concat(file.subarray(0, at), unb64(put), file.subarray(at + cut))
    const { header } = parseDocument(sealed.text)
    const asked = { type: header.type, org: organisation.pin, subject: header.subject }
    await openDocument(file, await identity(sealed.identity), asked, { threadKey: unb64(documents.asked.thread_key) })
}

async function filled(text: string, size: number, to: Identity): Promise<Bytes> {
    const padding = new Uint8Array(Math.max(0, size - utf8(text).length)).fill(0x20)
    return encrypt(concat(utf8(text), padding), to.recipient)
}

async function identity(secret: string): Promise<Identity> {
    return { secret, recipient: await identityToRecipient(secret) }
}

function told(error: unknown): { kind: string; reason: string } {
    if (error instanceof NotMine) return { kind: "NotMine", reason: "not-mine" }
    if (!(error instanceof NotAuthentic)) throw error
    const [kind] = [Malformed, Rollback, NotAuthentic].filter((each) => error instanceof each)
    return { kind: kind?.name ?? "", reason: error.reason }
}

function read(name: string): unknown {
    return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"))
}
