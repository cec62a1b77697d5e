/** What a reporter's client reads in a mailbox and refuses there: the vectors that Python runs too. */

import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

import { encrypt, recipientHash } from "../protocol/age.ts"
import { concat, unb64, utf8, type Bytes } from "../protocol/encoding.ts"
import { Malformed, NotAuthentic } from "../protocol/errors.ts"
import { SLOT_SIZE } from "../protocol/mailbox.ts"
import { readWords } from "../protocol/receipt.ts"
import { Failure } from "./api.ts"
import { followed, shown, Thread } from "./thread.ts"
import { Service } from "./transport.ts"
import { holderOf } from "./writing.ts"

interface Vector {
    rule: string
    name: string
    given: { slots: (string | null)[]; recalled?: string }
    refused: { kind: string; reason: string } | null
    gives?: object
}

const { vectors } = read("refusals") as { vectors: { answer: Vector[] } }
const mailbox = read("mailbox") as { receipt: string; org: string; answer: string }
const TO_NOBODY = unb64(mailbox.answer).slice(-SLOT_SIZE)
const HOLDER = await holderOf(await readWords(mailbox.receipt))

/** A service in whose mailbox these bytes lie, and which gives others of whoever asks for the first thread state. */
class Lying extends Service {
    private readonly answer: Bytes
    private readonly recalled: Bytes
    constructor(answer: Bytes, recalled = answer) {
        super("")
        this.answer = answer
        this.recalled = recalled
    }
    override askAgain(...[, request]: Parameters<Service["askAgain"]>): Promise<Bytes> {
        const body = request?.body
        const isRecall = body instanceof Uint8Array && new TextDecoder().decode(body).includes('"recall"')
        return Promise.resolve(isRecall ? this.recalled : this.answer)
    }
}

test.each(vectors.answer)("$rule: $name", async ({ given, refused, gives }) => {
    const slots = await Promise.all(given.slots.map(file))
    const recalled = concat(await file(given.recalled ?? null), ...slots.slice(1))
    const thread = new Thread(new Lying(concat(...slots), recalled), mailbox.org, HOLDER, () => "2026-06-15")

    const reading = thread.read()

    if (refused) {
        expect(told(await reading.catch((error: unknown) => error))).toEqual(refused)
        return
    }
    const contents = await reading
    const { state, replies, missing, notAuthentic } = shown(contents)
    const found = { state, replies: replies.map(({ number, day, text }) => [number, day, text]), missing }
    const { threadState } = contents
    const writesTo = threadState && recipientHash(followed(threadState.said, contents.replies).recipient)
    expect({ ...found, not_authentic: notAuthentic, writes_to: writesTo }).toEqual(gives)
})

test("an answer has sixteen slots", async () => {
    for (const slots of [0, 15, 17]) {
        const answer = concat(...Array.from({ length: slots }, () => TO_NOBODY))
        const reading = new Thread(new Lying(answer), mailbox.org, HOLDER, () => "2026-06-15").read()
        await expect(reading).rejects.toThrow(Malformed)
    }
})

async function file(text: string | null): Promise<Bytes> {
    if (text === null) return TO_NOBODY
    const padding = new Uint8Array(4096 - utf8(text).length).fill(0x20)
    return encrypt(concat(utf8(text), padding), HOLDER.identity.recipient)
}

function told(error: unknown): { kind: string; reason: string } {
    if (error instanceof Failure && error.kind === "no-mailbox") return { kind: "NoSuchMailbox", reason: error.kind }
    if (!(error instanceof NotAuthentic)) throw error
    return { kind: error instanceof Malformed ? "Malformed" : "NotAuthentic", reason: error.reason }
}

function read(name: string): unknown {
    return JSON.parse(readFileSync(new URL(`../../../tests/vectors/${name}.json`, import.meta.url), "utf8"))
}
