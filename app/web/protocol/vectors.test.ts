/** The vectors that Python reads, writes and refuses, unchanged: so the two agree byte for byte. */

import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

import { decrypt, identityOf, recipientHash, type Identity } from "./age.ts"
import { Trust } from "./certificates.ts"
import {
    bare,
    bytesSigned,
    kindOf,
    maced,
    parseDocument,
    seal,
    textOf,
    verifyMac,
    verifySignature,
    verifySignatures,
    type Document,
} from "./documents.ts"
import {
    b64,
    canonical,
    checkFields,
    checkText,
    concat,
    parseObject,
    sha256Hex,
    unb64,
    utf8,
    type Bytes,
} from "./encoding.ts"
import { Malformed, NotAuthentic, NotMine } from "./errors.ts"
import { intakeGrantText } from "./grants.ts"
import { checkAccepts, readIntake } from "./intake.ts"
import { checkFollows, checkHead, headLine, intakeOn, parseHead, verifyLog } from "./key_log.ts"
import { readLoss } from "./losses.ts"
import {
    gaps,
    join,
    readReporterMessage,
    readThreadState,
    readStaffMessage,
    readState,
    repeats,
    SLOT_SIZE,
    SLOTS,
} from "./mailbox.ts"
import { openDocument } from "./opening.ts"
import { mailboxKeys, meantWords, readWords, ReceiptError, writeWords } from "./receipt.ts"
import { checkForm, type Form } from "./report.ts"
import { attachmentClasses, ciphertextSizes, classes } from "./sizes.ts"
import { CLASSES, TYPES, type Kind } from "./types.ts"
import { listOf, load } from "./words.ts"

function read(name: string): unknown {
    return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"))
}

interface Person {
    id: string
    identity: string
    recipient: string
    key: string
}
const organisation = read("organisation") as Record<"supervisor" | "caseworker" | "triager", Person> & {
    pin: string
    root: string
    fingerprints: Record<string, string>
}
const sizes = read("sizes") as {
    plaintext: Record<Kind, number[]>
    sealed: Record<Kind, number[]>
    attachments: Record<string, number[]>
}
const documents = read("documents") as {
    asked: { org: string; thread_key: string }
    bytes_signed: { type: string; hex: string }
    vectors: { name: string; type: string; subject: string; text: string; refused: string | null }[]
}
interface SealedGrant {
    file: string
    identity: string
    plaintext: string
    secret: string
}
const sealed = read("sealed") as {
    grant: SealedGrant
    first_grant: SealedGrant
    document: { file: string; identity: string; text: string }
    to_two_recipients: { file: string; refused: string }
    of_no_class: { file: string; refused: string }
}
const keyLog = read("key_log") as { pin: string; lines: string[]; head: Record<string, unknown>; head_line: string }
const types = read("types") as Record<string, { text: string }>
const receipts = read("receipt") as {
    vectors: {
        secret: string
        words: Record<string, string>
        token: string
        token_sha256: string
        identity: string
        recipient: string
        thread_key: string
        withdrawal: string
        withdrawal_sha256: string
    }[]
}
const typed = read("receipt_typed") as {
    read: { name: string; typed: string; secret: string }[]
    refused: { name: string; typed: string; error: string; position: number | null; meant: string[] }[]
}
const mailbox = read("mailbox") as {
    receipt: string
    org: string
    report: string
    report_identity: string
    reply: string
    documents: Record<string, string>
    refused: { type: string; body: object }[]
    threads: { numbers: number[]; gaps: number[]; repeats: number[] }[]
    fillers: { key: string; token_sha256: string; sha256: string[] }
    answer: string
}

function hex(text: string): Bytes {
    return Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16))
}

/** The identity of a secret, whose recipient the vectors name by its hash or in full. */
async function identity(secret: string): Promise<Identity> {
    const known = [organisation.supervisor, organisation.caseworker, organisation.triager]
    const person = known.find((each) => each.identity === secret)
    if (person) return { secret, recipient: person.recipient }
    for (let number = 0; number < 10; number++) {
        const found = await identityOf(new Uint8Array(32).fill(number))
        if (found.secret === secret) return found
    }
    throw new Error("a vector with an identity that is not counted")
}

async function sealedText(text: string, kind: Kind, to: Identity): Promise<Bytes> {
    // Texts that no writer of ours would make are sealed as they stand.
    const { encrypt } = await import("./age.ts")
    const size = classes(kind)[0] ?? 0
    return encrypt(concat(utf8(text), new Uint8Array(size - utf8(text).length).fill(0x20)), to.recipient)
}

test("the root is the one that is pinned", () => {
    const trust = Trust.pinned(parseDocument(organisation.root), organisation.pin)

    expect([...trust.root.supervisors.keys()]).toEqual([organisation.supervisor.id])
    expect(() => Trust.pinned(parseDocument(organisation.root), "0".repeat(64))).toThrow("pin")
    expect(sha256Hex(parseDocument(organisation.root).line)).toBe(organisation.pin)
})

test("the fingerprints are the words of the English list", async () => {
    const { sha256 } = await import("@noble/hashes/sha2.js")
    for (const { id, recipient, key } of [organisation.supervisor, organisation.caseworker, organisation.triager]) {
        const digest = sha256(utf8(`tern/v1/fingerprint\n${recipient}\n${key}`))
        expect(writeWords(digest.slice(0, 16), await load("english"))).toBe(organisation.fingerprints[id])
    }
})

test("the sizes are the same", () => {
    for (const kind of Object.keys(CLASSES) as Kind[]) {
        expect(classes(kind)).toEqual(sizes.plaintext[kind])
        expect([...ciphertextSizes(kind)]).toEqual(sizes.sealed[kind])
    }
    for (const [limit, expected] of Object.entries(sizes.attachments))
        expect(attachmentClasses(Number(limit))).toEqual(expected)
})

test("what is signed are these bytes", () => {
    const [signed] = documents.vectors
    const line = signed?.text.split("\n")[0] ?? ""
    expect(bytesSigned(documents.bytes_signed.type, line)).toEqual(hex(documents.bytes_signed.hex))
})

test.each(documents.vectors.filter(({ type }) => TYPES.has(type)))(
    "a document: $name",
    async ({ type, subject, text, refused }) => {
        const to = await identity(sealed.document.identity)
        const file = await sealedText(text, kindOf(type), to)
        const asked = { type, org: documents.asked.org, subject }

        const opened = openDocument(file, to, asked, { threadKey: unb64(documents.asked.thread_key) })

        if (refused === null) expect(textOf((await opened).document)).toBe(text)
        else await expect(opened).rejects.toSatisfy((error) => error instanceof NotAuthentic && error.reason === refused)
    },
)

test.each(documents.vectors.filter(({ type }) => !TYPES.has(type)))(
    "a document of which a reporter's client knows nothing: $name",
    ({ text }) => {
        expect(() => parseDocument(text)).toThrow(Malformed)
    },
)

test("nothing public, and nothing of staff's, is sealed to a reporter", async () => {
    const to = await identity(sealed.document.identity)

    for (const type of ["approval", "root"])
        await expect(openDocument(unb64(sealed.document.file), to, { type, org: "", subject: "" }, {})).rejects.toThrow(
            Malformed,
        )
})

test("a grant holds the key of a sealed document", async () => {
    const { grant, document } = sealed
    const plaintext = new TextDecoder().decode(await decrypt(unb64(grant.file), grant.identity))
    const [head = "", sigs = "", secret = ""] = plaintext.split("\n")
    const [signature] = JSON.parse(sigs.replace("# sigs ", "")) as { by: string; key: string; sig: string }[]

    expect(plaintext).toBe(grant.plaintext)
    expect(secret).toBe(document.identity)
    if (!signature) throw new Error("a grant without a signature")
    const { by, key, sig } = signature
    verifySignature({ by, key: unb64(key), sig: unb64(sig) }, "grant", head.replace("# tern-grant ", ""))
    const text = new TextDecoder().decode(await decrypt(unb64(document.file), secret))
    expect(text.trimEnd() + "\n").toBe(document.text)
})

test("a reporter's grant is written as Python writes it", async () => {
    const { first_grant } = sealed
    const epoch = await identity(first_grant.identity)
    const plaintext = new TextDecoder().decode(await decrypt(unb64(first_grant.file), epoch.secret))
    const said = parseObject(plaintext.split("\n")[0]?.replace("# tern-grant ", "") ?? "")

    const written = intakeGrantText(await identity(first_grant.secret), epoch.recipient, {
        org: checkText(said.org),
        report: checkText(said.subject),
        epoch: checkText(said.grantee),
        at: checkText(said.at),
        language: checkText(said.language),
        danger_now: checkText(said.danger_now),
    })

    expect(plaintext).toBe(first_grant.plaintext)
    expect(written).toBe(first_grant.plaintext)
})

test.each(["to_two_recipients", "of_no_class"] as const)("a file of another envelope is refused: %s", async (name) => {
    const to = await identity(sealed.document.identity)

    const opened = openDocument(unb64(sealed[name].file), to, { type: "thread-state", org: "", subject: "" }, {})

    await expect(opened).rejects.toThrow(sealed[name].refused)
})

test("the key log, its head and its intake document hold", () => {
    const log = verifyLog(keyLog.lines, keyLog.pin)

    const [head, signature] = parseHead(keyLog.head)
    checkHead(log, head, signature)
    expect(headLine(head)).toBe(keyLog.head_line)
    const document = log.intakes.at(-1)
    if (!document) throw new Error("a log without an intake document")
    const epoch = readIntake(document)
    expect(intakeOn(log, "2026-06-22")).toBe(document)
    expect(intakeOn(log, "2026-06-21")).toBe(log.intakes.at(0))
    expect(intakeOn(log, "2026-06-29")).toBe(null)
    expect(epoch).toMatchObject({ acceptsFrom: "2026-06-22", acceptsUntil: "2026-06-28", attachmentBytes: 100_000_000 })
    expect(() => {
        checkAccepts(epoch, "2026-06-21")
    }).toThrow("epoch-days")
    checkAccepts(epoch, "2026-06-28")
})

test("a shorter log, and one in which a line is missing or changed, is noticed", () => {
    const log = verifyLog(keyLog.lines, keyLog.pin)
    const [head, signature] = parseHead(keyLog.head)
    const shorter = verifyLog(keyLog.lines.slice(0, -1), keyLog.pin)

    checkFollows(log, head)
    checkFollows(log, { n: 2, hash: sha256Hex(keyLog.lines[1] ?? "") })
    expect(() => {
        checkFollows(shorter, head)
    }).toThrow("key-log")
    expect(() => {
        checkHead(shorter, head, signature)
    }).toThrow("key-log-head")
    expect(() => verifyLog(keyLog.lines.toSpliced(1, 1), keyLog.pin)).toThrow("key-log")
    expect(() =>
        verifyLog(
            keyLog.lines.map((line) => line.replace("within a day", "within an hour")),
            keyLog.pin,
        ),
    ).toThrow()
    expect(() => verifyLog(keyLog.lines.slice(1), keyLog.pin)).toThrow("key-log")
})

test.each(receipts.vectors)("a receipt and what follows from it: $secret", async (vector) => {
    const secret = hex(vector.secret)

    const keys = await mailboxKeys(secret)

    expect(b64(keys.token)).toBe(vector.token)
    expect(sha256Hex(b64(keys.token))).toBe(vector.token_sha256)
    expect(await identityOf(keys.identity)).toEqual({ secret: vector.identity, recipient: vector.recipient })
    expect(b64(keys.threadMac)).toBe(vector.thread_key)
    expect(b64(keys.withdrawal)).toBe(vector.withdrawal)
    expect(sha256Hex(keys.withdrawal)).toBe(vector.withdrawal_sha256)
    for (const [language, words] of Object.entries(vector.words)) {
        expect(writeWords(secret, await listOf(language))).toBe(words)
        expect(await readWords(words)).toEqual(secret)
    }
})

test.each(typed.read)("what is typed is read: $name", async (vector) => {
    expect(await readWords(vector.typed)).toEqual(hex(vector.secret))
})

const REASONS: Record<string, string> = {
    WordCountError: "count",
    UnknownWordError: "unknown",
    ChecksumError: "checksum",
    AmbiguousError: "ambiguous",
}

test.each(typed.refused)("what is typed is refused: $name", async ({ typed, error, position, meant }) => {
    const expected = REASONS[error]
    if (expected === undefined) throw new Error("an outcome that this runner does not know")

    const failure: unknown = await readWords(typed).catch((reason: unknown) => reason)

    if (!(failure instanceof ReceiptError)) throw new Error("it was read")
    expect([failure.reason, failure.position]).toEqual([expected, position])
    expect((await meantWords(typed, failure)).map((word) => word.normalize("NFC"))).toEqual(meant)
})

// What a reporter's client makes of the body of each type; a report it only writes.
const BODIES: Record<string, (document: Document) => unknown> = {
    root: (document) => Trust.pinned(document, organisation.pin),
    "service-key": ({ header }) => unb64(checkText(checkFields(header.body, ["key"]).key), 32),
    intake: readIntake,
    loss: readLoss,
    report: ({ header }) => {
        const { language, text, answers } = header.body as Form
        checkForm({ language, text, answers })
    },
    "thread-state": ({ header }) => readThreadState(header.body),
    state: ({ header }) => readState(header.body),
    "message.staff": ({ header }) => readStaffMessage(header.body),
    "message.reporter": ({ header }) => readReporterMessage(header.body),
}

test.each([...TYPES.keys()])("each type has a vector that its reader takes: %s", async (type) => {
    const text = types[type]?.text
    if (text === undefined) throw new Error(`type ${type} has no vector`)
    const document = parseDocument(text)
    const reader = BODIES[type]
    if (!reader) throw new Error(`type ${type} has no reader here`)

    expect(document.header.type).toBe(type)
    expect(textOf(document)).toBe(text)
    reader(document)
    const { threadMac } = await mailboxKeys(await readWords(mailbox.receipt))
    if (document.proof.by === "signatures") expect(verifySignatures(document)).toHaveLength(1)
    if (document.proof.by === "mac") verifyMac(document, threadMac)
})

const READERS: Record<string, (body: object) => unknown> = {
    "thread-state": readThreadState,
    "message.reporter": readReporterMessage,
    "message.staff": readStaffMessage,
    state: readState,
}

test.each(mailbox.refused)("a body is refused: $type", ({ type, body }) => {
    const reader = READERS[type]
    if (!reader) throw new Error("a type that this runner does not know")

    expect(() => reader(parseObject(canonical(body)))).toThrow(Malformed)
})

test.each(Object.entries(mailbox.documents))(
    "a document of a thread is read and written alike: %s",
    async (name, text) => {
        const keys = await mailboxKeys(await readWords(mailbox.receipt))
        const document = parseDocument(text)
        const reader = READERS[name.split(" ")[0] ?? ""]
        if (!reader) throw new Error("a type that this runner does not know")

        if (name === "state") expect(reader(document.header.body)).toBe("accepted")
        else {
            verifyMac(document, keys.threadMac)
            const read = reader(document.header.body) as object
            expect(canonical(read)).toBe(canonical(document.header.body))
        }
        const again = name === "state" ? bare(document.header) : maced(document.header, keys.threadMac)
        for (const each of [document, again]) expect(textOf(each)).toBe(text)
    },
)

test("an answer of the mailbox: threadState, state, the parts of a reply, and nothing in the other slots", async () => {
    const keys = await mailboxKeys(await readWords(mailbox.receipt))
    const holder = await identityOf(keys.identity)
    const answer = unb64(mailbox.answer)
    expect(answer.length).toBe(SLOTS * SLOT_SIZE)
    const opened = []
    for (let slot = 0; slot < SLOTS; slot++) {
        const file = answer.subarray(slot * SLOT_SIZE, (slot + 1) * SLOT_SIZE)
        const type = ["thread-state", "state"][slot] ?? "message.staff"
        const asked = { type, org: mailbox.org, subject: mailbox.report }
        try {
            opened.push((await openDocument(file, holder, asked, { threadKey: keys.threadMac })).document)
        } catch (error) {
            if (!(error instanceof NotMine)) throw error
            expect(sha256Hex(file)).toBe(mailbox.fillers.sha256[slot])
        }
    }

    const [threadState, state, ...parts] = opened
    expect(textOf(threadState ?? fail())).toBe(mailbox.documents["thread-state"])
    expect(readState((state ?? fail()).header.body)).toBe("accepted")
    expect(join(parts.map(({ header }) => readStaffMessage(header.body)).reverse())).toBe(mailbox.reply)
    expect(recipientHash(holder.recipient)).toBe(threadState?.header.sealed_to)
})

test.each(mailbox.threads)("gaps and repeats of $numbers", (thread) => {
    expect(gaps(thread.numbers)).toEqual(thread.gaps)
    expect(repeats(thread.numbers)).toEqual(thread.repeats)
})

test("a document is not sealed to somebody whom it does not name", async () => {
    const document = parseDocument(mailbox.documents["thread-state"] ?? "")
    await expect(seal(document, organisation.triager.recipient)).rejects.toThrow(Malformed)
})

test("a signature is checked for every public document", () => {
    for (const line of keyLog.lines) {
        const document = parseDocument(checkText(parseObject(line).document))
        const changed = { ...document, line: document.line.replace('"at":"2026', '"at":"2036') }
        expect(changed.line).not.toBe(document.line)
        expect(verifySignatures(document)).toHaveLength(1)
        expect(() => verifySignatures(changed)).toThrow("signature")
    }
    expect(checkFields({ a: 1 }, ["a"])).toEqual({ a: 1 })
})

function fail(): never {
    throw new Error("a slot that should have opened")
}
