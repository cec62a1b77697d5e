/**
 * The mailbox: sixteen slots that look alike to everybody but the holder of the receipt (docs/protocol-documents.md,
 * "Mailbox"). Slot 1 is the thread state, the reporter's own memory; slot 2 the state, the service's word; the others are the
 * staff's.
 */

import { checkRecipient } from "./age.ts"
import { CODES } from "./codes.ts"
import { checkDay, checkFields, checkHashOrNull, checkId, checkList, checkNumber, checkText } from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { checkAttachments, readAttachment, readConsent, type Attachment, type Consent } from "./report.ts"
import { ciphertextSizes } from "./sizes.ts"

export const SLOTS = 16
export const SLOT_SIZE = Math.max(...ciphertextSizes("slot"))
const MOST_PARTS = SLOTS - 2

// Far above any real thread. A number from a stranger must not make a client count to it.
const HIGHEST_NUMBER = 9_999

// Days that a thread state remembers: more would not fit its slot beside all consents.
const MOST_DAYS = 32

const MESSAGE_KINDS = ["message", "consent", "withdraw"] as const
/** What a reporter's post is, told to the service as a hint and to staff under the MAC. */
export type MessageKind = (typeof MESSAGE_KINDS)[number]

/** What the reporter's client must remember: where to write, its last number and that message's hash, consents. */
export interface ThreadState {
    report: string
    recipient: string
    /** The number of the reply that named this recipient; 0 where it is the report's own still. */
    named_in: number
    number: number
    hash: string | null
    consents: Consent[]
    /** Of the last messages, in their order, each with how many there were. What was written opens for nobody. */
    days: Day[]
}

export type Day = [day: string, messages: number]

/** What a reporter writes after the report. `seen` is the file's hash of the last reply that was read. */
export interface ReporterMessage {
    number: number
    seen: string | null
    kind: MessageKind
    text: string
    attachments: Attachment[]
    consents: Consent[]
}

/** One part of a reply, as it fills one slot. All parts have one number; `write_to` names a new recipient. */
export interface StaffMessage {
    number: number
    seen: string | null
    part: number
    parts: number
    text: string
    write_to: string | null
}

/** Raises `Malformed`. */
export function readThreadState(body: object): ThreadState {
    const found = checkFields(body, ["report", "recipient", "named_in", "number", "hash", "consents", "days"])
    return {
        report: checkId(found.report, "rep"),
        recipient: checkRecipient(found.recipient),
        named_in: checkNumber(found.named_in, 0, HIGHEST_NUMBER),
        number: checkNumber(found.number, 0, HIGHEST_NUMBER),
        hash: checkHashOrNull(found.hash),
        consents: checkList(found.consents).map(readConsent),
        days: readDays(checkList(found.days)),
    }
}

/** The days of a thread state after one message more. The oldest go where they are too many. */
export function withMessage(days: readonly Day[], today: string): Day[] {
    const messages = new Map(days)
    messages.set(today, (messages.get(today) ?? 0) + 1)
    return [...messages].sort(([one], [other]) => (one < other ? -1 : 1)).slice(-MOST_DAYS)
}

function readDays(days: readonly unknown[]): Day[] {
    const found = days.map((each): Day => {
        const [day, messages, ...rest] = checkList(each)
        if (rest.length > 0) throw new Malformed("not a day and its messages")
        return [checkDay(day), checkNumber(messages, 1, HIGHEST_NUMBER)]
    })
    const isInOrder = found.every(([day], place) => place === 0 || (found[place - 1]?.[0] ?? "") < day)
    if (!isInOrder || found.length > MOST_DAYS) throw new Malformed("days that are not in their order, each once")
    return found
}

/** Raises `Malformed`. */
export function readReporterMessage(body: object): ReporterMessage {
    const found = checkFields(body, ["number", "seen", "kind", "text", "attachments", "consents"])
    const kind = MESSAGE_KINDS.find((each) => each === found.kind)
    const consents = checkList(found.consents).map(readConsent)
    if (kind === undefined || (kind === "consent") !== consents.length > 0)
        throw new Malformed("a message of another form")
    const attachments = checkList(found.attachments).map(readAttachment)
    checkAttachments(attachments)
    return {
        number: checkNumber(found.number, 1, HIGHEST_NUMBER),
        seen: checkHashOrNull(found.seen),
        kind,
        text: checkText(found.text),
        attachments,
        consents,
    }
}

/** Raises `Malformed`. */
export function readStaffMessage(body: object): StaffMessage {
    const found = checkFields(body, ["number", "seen", "part", "parts", "text", "write_to"])
    const parts = checkNumber(found.parts, 1, MOST_PARTS)
    return {
        number: checkNumber(found.number, 1, HIGHEST_NUMBER),
        seen: checkHashOrNull(found.seen),
        part: checkNumber(found.part, 1, parts),
        parts,
        text: checkText(found.text),
        write_to: found.write_to === null ? null : checkRecipient(found.write_to),
    }
}

/** The state as it may be shown: nobody learns that somebody else reported the same. Raises `Malformed`. */
export function readState(body: object): string {
    const state = checkText(checkFields(body, ["state"]).state)
    if (!CODES.report_state.includes(state)) throw new Malformed("a state of another form")
    return state === "duplicate" ? "accepted" : state
}

/** The text of a reply from its parts, in whatever order. Raises `Malformed` where one is missing or strange. */
export function join(parts: readonly StaffMessage[]): string {
    const ordered = [...parts].sort((one, other) => one.part - other.part)
    const [first] = ordered
    const isOne = ordered.every((each) => isOfOneReply(each, first))
    if (!first || !isOne || ordered.length !== first.parts || !ordered.every((each, place) => each.part === place + 1))
        throw new Malformed("parts of two replies, or a reply of which a part is missing or there twice")
    return ordered.map(({ text }) => text).join("")
}

/** The numbers that a thread lacks below its highest. */
export function gaps(numbers: readonly number[]): number[] {
    const highest = Math.max(0, ...numbers)
    return Array.from({ length: highest }, (_, place) => place + 1).filter((number) => !numbers.includes(number))
}

/**
 * The numbers of replies that their reporter lacks. One without words takes the place of those like it that nobody had
 * seen: what lacks right below it was one.
 */
export function missing(replies: readonly { number: number; text: string }[]): number[] {
    const lacking = new Set(gaps(replies.map(({ number }) => number)))
    for (const { number, text } of replies) {
        for (let below = number - 1; text === "" && lacking.has(below); below--) lacking.delete(below)
    }
    return [...lacking]
}

/** The numbers that several messages of a thread have. */
export function repeats(numbers: readonly number[]): number[] {
    const repeated = numbers.filter((number, place) => numbers.indexOf(number) !== place)
    return [...new Set(repeated)].sort((one, other) => one - other)
}

/** Whether two parts can be of one reply. */
export function isOfOneReply(one: StaffMessage, other: StaffMessage | undefined): boolean {
    return (
        one.number === other?.number &&
        one.parts === other.parts &&
        one.seen === other.seen &&
        one.write_to === other.write_to
    )
}
