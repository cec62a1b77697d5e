/** A mailbox, as the holder of its receipt reads it and writes into it. */

import { areEqual, b64, canonical, checkAt, concat, newId, sha256Hex, utf8, type Bytes } from "../protocol/encoding.ts"
import { encrypt } from "../protocol/age.ts"
import { Malformed, NotAuthentic, NotMine, ProtocolError, Rollback } from "../protocol/errors.ts"
import { maced } from "../protocol/documents.ts"
import {
    isOfOneReply,
    join,
    missing,
    readReporterMessage,
    readThreadState,
    readStaffMessage,
    readState,
    SLOT_SIZE,
    SLOTS,
    withMessage,
    type MessageKind,
    type ReporterMessage,
    type ThreadState,
    type StaffMessage,
} from "../protocol/mailbox.ts"
import { checkDocument, decryptDocument, type Decrypted, type Opened, type Seen } from "../protocol/opening.ts"
import type { Attachment, Consent } from "../protocol/report.ts"
import { padDocument } from "../protocol/sizes.ts"
import { Failure, type Kind, type Mailbox, type Reply } from "./api.ts"
import type { Service } from "./transport.ts"
import { reporterHeader, sealThreadState, sealWritten, sendable, type Holder } from "./writing.ts"

// A mailbox in which no state lies is that of a report that nothing has happened to yet.
const RECEIVED = "received"
const WITHDRAWN = "withdrawn"
const THREAD_STATE_SLOT = 1
const STATE_SLOT = 2
// Nothing more is taken for a report in these states.
const CLOSED = new Set([WITHDRAWN, "purged"])
// How a mailbox fails whose slots are not all what they should be.
const UNREADABLE = new Set<Kind>(["no-mailbox", "write-to"])

/**
 * What lies in a mailbox. `threadState` is null once the report is destroyed; `state` is the service's word alone, and
 * null where it is not authentic.
 */
export interface Contents {
    threadStateFile: Bytes
    threadState: Found<ThreadState> | null
    state: string | null
    /** All that are whole; one without words says where to write, and nothing else. */
    replies: WholeReply[]
    /** The numbers of slots in which something lies that opens and is not what it should be. It stops none of the others. */
    notAuthentic: number[]
    /** The hash of the newest of staff's files. */
    lastSeen: string | null
}

const NOTHING = { threadState: null, replies: [], notAuthentic: [], lastSeen: null }

export interface Said {
    kind: MessageKind
    text: string
    attachments: Attachment[]
    changed: Consent | null
}

/** A reply, and the recipient that it names for what follows. */
interface WholeReply extends Reply {
    writeTo: string | null
}

/** Where the next message goes, and the number of the reply that said so: 0 for the report's own key. */
export interface Followed {
    recipient: string
    named_in: number
}

/** What an authentic document in a slot says. */
interface Found<T> {
    said: T
    opened: Opened
}

/** A message as it is posted: what it says, the thread state that lay there before, the one that comes with it, all bytes. */
interface Post {
    said: string
    after: Bytes
    threadState: Bytes
    content: Bytes
}

export class Thread {
    private readonly service: Service
    private readonly org: string
    private readonly keys: Holder
    private readonly today: () => string
    private readonly seen: Seen = new Map()
    /** Where this report's messages went, or were to go, since this client first knew. */
    private readonly known = new Set<string>()
    /** The reporter's memory, as this client read it last. */
    private memory: Found<ThreadState> | null = null
    /** A message of which no answer came. */
    private unanswered: Post | null = null

    constructor(service: Service, org: string, keys: Holder, today: () => string) {
        this.service = service
        this.org = org
        this.keys = keys
        this.today = today
    }

    get token(): string {
        return b64(this.keys.token)
    }

    /** What lies there now. Rejects with `Failure` (`no-mailbox`, `write-to`), or `Rollback` for an older thread state. */
    async read(cancel?: AbortSignal): Promise<Contents> {
        return this.contents(await this.reading("read", cancel), cancel)
    }

    /**
     * Send one message under the reporter's MAC, and the thread state that remembers it; what lies there then. What was sent
     * before and had lost its answer is not sent twice. Rejects with `Failure`: `not-taken` where the report is closed.
     */
    async write(before: Contents, { kind, text, attachments, changed }: Said, cancel?: AbortSignal): Promise<Contents> {
        const threadState = memoryOf(before)
        const said = canonical({ kind, text, attachments, changed })
        const last = this.unanswered?.said === said ? this.unanswered : null
        if (last && areEqual(last.threadState, before.threadStateFile)) {
            this.unanswered = null
            return before
        }
        // One that may still be on its way goes again as it is: the service takes an id once.
        const post =
            last && areEqual(last.after, before.threadStateFile)
                ? last
                : await this.seal(said, before, threadState, { kind, text, attachments, changed })
        this.unanswered = post
        const answer = await this.post(post.content, cancel)
        this.unanswered = null
        if (!areEqual(answer.subarray(0, SLOT_SIZE), post.threadState)) throw new Failure("not-taken")
        return this.contents(answer)
    }

    /**
     * Take the report back. That the mailbox cannot be read is no hindrance: whoever has the token can put another thread
     * state in the place of the reporter's. Rejects with `Failure` (`not-taken`) or `NotAuthentic`.
     */
    async withdraw(): Promise<Contents> {
        const answer = await this.post(await this.sealWithdrawal())
        const state = await this.open(answer.slice(SLOT_SIZE, 2 * SLOT_SIZE), "state", null)
        if (state && readState(state.document.header.body) === WITHDRAWN)
            return { ...NOTHING, threadStateFile: answer.slice(0, SLOT_SIZE), state: WITHDRAWN }
        await this.contents(answer) // what is not authentic says more than that nothing was taken
        throw new Failure("not-taken")
    }

    /** Overwrite the secrets that are bytes. */
    forget(): void {
        for (const secret of [this.keys.token, this.keys.threadMac, this.keys.withdrawal]) secret.fill(0)
    }

    private async sealWithdrawal(): Promise<Bytes> {
        const said: Said = { kind: "withdraw", text: "", attachments: [], changed: null }
        try {
            const before = await this.read()
            if (before.threadState) return (await this.seal("", before, before.threadState, said)).content
        } catch (error) {
            if (!(error instanceof ProtocolError || (error instanceof Failure && UNREADABLE.has(error.kind)))) throw error
        }
        // It is the secret that the service acts on. Where to write stood in the thread state, so these say nothing.
        const nothing = await encrypt(padDocument("slot", new Uint8Array()), this.keys.identity.recipient)
        return concat(this.line("withdraw", null), nothing, nothing)
    }

    /** What stands in clear before a post. The secret of a withdrawal leaves the device here, and nowhere else. */
    private line(kind: MessageKind, changed: Consent | null): Bytes {
        const secret = kind === "withdraw" ? { secret: b64(this.keys.withdrawal) } : {}
        const consent = changed ? { consent: changed.id } : {}
        return utf8(`${canonical({ v: 1, kind, id: newId("msg"), ...secret, ...consent })}\n`)
    }

    private async seal(
        said: string,
        before: Contents,
        threadState: Found<ThreadState>,
        { kind, text, attachments, changed }: Said,
    ): Promise<Post> {
        const { report, consents, days } = threadState.said
        const { recipient, named_in } = followed(threadState.said, before.replies)
        const message: ReporterMessage = {
            number: threadState.said.number + 1,
            seen: before.lastSeen,
            kind,
            text,
            attachments,
            consents: changed ? [changed] : [],
        }
        const { org, keys } = this
        const at = this.today()
        const header = reporterHeader({
            type: "message.reporter",
            org,
            subject: report,
            recipient,
            at,
            body: sendable(() => readReporterMessage(message)),
        })
        const sealed = await sealWritten(maced(header, keys.threadMac), "message", recipient)
        const hash = sha256Hex(sealed)
        const memory = {
            report,
            recipient,
            named_in,
            number: message.number,
            hash,
            consents: withChange(consents, changed),
            days: withMessage(days, at),
        }
        const threadStateFile = await sealThreadState(memory, { org, at, keys, before: threadState.opened })
        const content = concat(this.line(kind, changed), sealed, threadStateFile)
        return { said, after: before.threadStateFile, threadState: threadStateFile, content }
    }

    private reading(kind: "read" | "recall", cancel?: AbortSignal): Promise<Bytes> {
        return this.post(utf8(`${canonical({ v: 1, kind })}\n`), cancel)
    }

    private async post(content: Bytes, cancel?: AbortSignal): Promise<Bytes> {
        const headers = { Authorization: `Bearer ${this.token}` }
        const answer = await this.service.askAgain("/mailbox", { method: "POST", body: content, headers, cancel })
        if (answer.length !== SLOTS * SLOT_SIZE) throw new Malformed("an answer of the mailbox has sixteen slots")
        return answer
    }

    private async contents(answer: Bytes, cancel?: AbortSignal): Promise<Contents> {
        const slots = Array.from({ length: SLOTS }, (_, place) =>
            answer.slice(place * SLOT_SIZE, (place + 1) * SLOT_SIZE),
        )
        const [threadStateFile, stateFile, ...staffFiles] = slots
        if (!threadStateFile || !stateFile) throw new Malformed("an answer of the mailbox has sixteen slots")
        const notAuthentic: number[] = []
        const read = async <T>(file: Bytes, place: number, type: string, content: (body: object) => T) => {
            try {
                const opened = await this.open(file, type, report)
                return opened && { said: content(opened.document.header.body), opened }
            } catch (error) {
                if (!(error instanceof NotAuthentic) || (error instanceof Rollback && type === "thread-state")) throw error
                notAuthentic.push(place)
                return null
            }
        }
        let report: string | null = null
        let threadState = await read(threadStateFile, THREAD_STATE_SLOT, "thread-state", readThreadState)
        if (threadState) this.memory = threadState
        else {
            threadState = await this.recalled(cancel)
            // So something else lies in its place.
            if (threadState && notAuthentic.length === 0) notAuthentic.push(THREAD_STATE_SLOT)
        }
        report = threadState?.said.report ?? null
        const state = await read(stateFile, STATE_SLOT, "state", readState)
        const parts: Found<StaffMessage>[] = []
        for (const [place, file] of staffFiles.entries()) {
            const part = await read(file, STATE_SLOT + 1 + place, "message.staff", readStaffMessage)
            if (part) parts.push(part)
        }
        if (!threadState && !state && parts.length === 0 && notAuthentic.length === 0) throw new Failure("no-mailbox")
        const replies = wholeReplies(parts)
        if (threadState) this.checkRecipient(threadState.said, replies)
        const newest = [...parts].sort((one, other) => byPlace(one.said, other.said)).at(-1)
        return {
            threadStateFile,
            threadState,
            state: state ? state.said : notAuthentic.includes(STATE_SLOT) ? null : RECEIVED,
            replies,
            notAuthentic,
            lastSeen: newest?.opened.sha256 ?? null,
        }
    }

    /**
     * The thread state that came with the report, or a later one that was read here. Whoever has the token can put junk in
     * the place of the present one; this one remembers no later number and no later choice, but where to write.
     */
    private async recalled(cancel?: AbortSignal): Promise<Found<ThreadState> | null> {
        const answer = await this.reading("recall", cancel)
        try {
            const opened = await this.open(answer.slice(0, SLOT_SIZE), "thread-state", null, null)
            if (!opened) return null
            return this.memory ?? { said: readThreadState(opened.document.header.body), opened }
        } catch (error) {
            if (error instanceof NotAuthentic) return null
            throw error
        }
    }

    /**
     * The document in a slot; null where it is one that nobody can open. Where nobody said yet which report the mailbox
     * is of, the slot itself does: the thread state is proved by its MAC, and a state alone is the service's word anyway.
     */
    private async open(
        file: Bytes,
        type: string,
        report: string | null,
        seen: Seen | null = this.seen,
    ): Promise<Opened | null> {
        let decrypted: Decrypted
        try {
            decrypted = await decryptDocument(file, this.keys.identity, type)
        } catch (error) {
            if (error instanceof NotMine) return null
            throw error
        }
        const asked = { type, org: this.org, subject: report ?? decrypted.document.header.subject }
        // Of staff's messages each is a first version, so there is nothing that one could be older than.
        const held = type === "message.staff" || seen === null ? {} : { seen }
        return checkDocument(decrypted, asked, { threadKey: this.keys.threadMac, ...held })
    }

    /** Who has read the report could write a threadState too; but where its messages go only a reply of staff says anew. */
    private checkRecipient({ recipient, named_in }: ThreadState, replies: readonly WholeReply[]): void {
        if (this.known.size > 0 && !this.known.has(recipient)) throw new Failure("write-to", "thread-state")
        this.known.add(recipient)
        this.known.add(followed({ recipient, named_in }, replies).recipient)
    }
}

/** The reporter's own memory. Throws where there is none any more, and `NotAuthentic` where something else lies there. */
export function memoryOf({ threadState, notAuthentic }: Contents): Found<ThreadState> {
    if (threadState) return threadState
    if (notAuthentic.includes(THREAD_STATE_SLOT)) throw new NotAuthentic("thread-state")
    throw new Failure("not-taken")
}

/** What a page shows of it. */
export function shown({ threadState, state, replies, notAuthentic }: Contents): Mailbox {
    return {
        state,
        // Whatever lies in the place of the reporter's memory, they can take the report back.
        open: (threadState !== null || notAuthentic.includes(THREAD_STATE_SLOT)) && !(state !== null && CLOSED.has(state)),
        written: threadState?.said.number ?? 0,
        days: threadState?.said.days ?? [],
        replies: replies.filter(({ text }) => text !== "").map(({ number, day, text }) => ({ number, day, text })),
        missing: missing(replies),
        notAuthentic,
        choices: threadState?.said.consents.map(({ scope, given }) => ({ scope, given })) ?? [],
    }
}

/**
 * Whole replies, by number and then by slot. One of which a part is missing is not shown, so its number is missing.
 * Two replies of one number are both shown: colleagues may have written without knowing of each other.
 */
function wholeReplies(messages: readonly Found<StaffMessage>[]): WholeReply[] {
    const replies: { day: string; parts: StaffMessage[] }[] = []
    for (const { said, opened } of messages) {
        const begun = replies.find(
            ({ parts }) => isOfOneReply(said, parts[0]) && !parts.some(({ part }) => part === said.part),
        )
        if (begun) begun.parts.push(said)
        else replies.push({ day: checkAt(opened.document.header.at), parts: [said] })
    }
    return replies
        .filter(({ parts }) => parts.length === parts[0]?.parts)
        .map(({ day, parts }) => {
            const [first] = parts
            return { number: first?.number ?? 0, day, text: join(parts), writeTo: first?.write_to ?? null }
        })
        .sort((one, other) => one.number - other.number)
}

/**
 * Where the next message goes. Keys turn when somebody leaves: then staff name another. What an older reply names than the
 * one that was followed last counts no more, nor what two of one number say otherwise.
 */
export function followed({ recipient, named_in }: Followed, replies: readonly WholeReply[]): Followed {
    const naming = replies.filter(({ writeTo }) => writeTo !== null)
    const newest = Math.max(0, ...naming.map(({ number }) => number))
    const [named, ...others] = new Set(naming.filter(({ number }) => number === newest).map(({ writeTo }) => writeTo))
    if (!named || others.length > 0 || newest < named_in) return { recipient, named_in }
    return { recipient: named, named_in: newest }
}

function byPlace(one: StaffMessage, other: StaffMessage): number {
    return one.number - other.number || one.part - other.part
}

function withChange(consents: readonly Consent[], changed: Consent | null): Consent[] {
    return changed ? [...consents.filter(({ scope }) => scope !== changed.scope), changed] : [...consents]
}
