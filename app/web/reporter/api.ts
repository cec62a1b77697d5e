/** What a page may ask of the reporter's client, which runs in a worker so that the page answers while it seals. */

/** The answers of the form: keys and codes of docs/protocol-documents.md, "Report". */
export type Answers = Record<string, string | string[]>

export interface Form {
    language: string
    text: string
    answers: Answers
}

/** A file as it will be sealed: its metadata has been dealt with. */
export interface Picked {
    name: string
    type: string
    blob: Blob
}

/** What the authentic intake document says; there is none (`clock`) where the device's clock lies outside its days. */
export interface Intake {
    languages: string[]
    attachmentBytes: number
    notice: string
}

/** `file` is the place of the file among those that were picked, null for the report itself. Numbers are bytes. */
export interface Step {
    doing: "sealing" | "sending"
    file: number | null
    done: number
    whole: number
}

/** Twelve words that open a mailbox. `language` is that of the words: the form's, or English where that has no list. */
export interface Words {
    words: string
    language: string
}

/**
 * The report is stored. `earlier`: it is an earlier version of what was typed, whose answer had got lost, so that what was
 * changed since has to be sent as a message. `sendFiles` sends its files, but for those that the earlier version does
 * not list: these go with the message too.
 */
export interface Submitted extends Words {
    earlier: boolean
}

/** Files that have not arrived, by their places among those picked, and why the last of them that was tried did not. */
export interface NotSent {
    places: number[]
    why: Kind | null
}

export interface Reply {
    number: number
    /** As `2026-06-15`, by the clock of whoever wrote it. */
    day: string
    text: string
}

export interface Choice {
    scope: string
    given: boolean
}

/**
 * `open`: the report still takes messages. `written`: how many messages its reporter has sent so far. `notAuthentic`: the
 * slots in which something lies that is not what it should be; `state` is null where it is among them.
 */
export interface Mailbox {
    state: string | null
    open: boolean
    written: number
    /** Of the reporter's last messages, with how many there were. */
    days: [day: string, messages: number][]
    replies: Reply[]
    missing: number[]
    notAuthentic: number[]
    choices: Choice[]
}

/** Each leads to a sentence of its own on the page. */
export type Kind =
    | "unreachable" // no answer; it may have been taken or not, and trying again is safe
    | "busy" // 429, or more reports than can be stored
    | "enough-for-today" // the mailbox takes no more on this day, but for a withdrawal
    | "too-large" // 413, or over the limit of the intake document
    | "no-room" // 507: words get in, and files later
    | "too-many-files" // more than one report can have
    | "file-unreadable" // the device gave a file that was picked no more; the reason is its place
    | "no-word-list" // the list of words that a receipt is in could not be had, until the page is loaded again
    | "closed" // no epoch takes reports now
    | "clock" // the device's clock and the epoch's days disagree
    | "not-authentic" // what came is not what the organisation signed
    | "write-to" // the report recipient changed without authority
    | "not-set-up" // the service has no organisation yet
    | "refused" // anything else that the service says no to
    | "no-mailbox" // the words are right in themselves, but no slot opens
    | "not-taken" // the message was not taken: the report is closed
    | "cancelled"

export class Failure extends Error {
    readonly kind: Kind
    /** A code of docs/protocol.md section 9, or a problem's type; never a word that somebody typed. */
    readonly reason: string
    constructor(kind: Kind, reason = "") {
        super(kind)
        this.kind = kind
        this.reason = reason
    }
}

/** Every method rejects with `Failure` alone. Calls are answered one after the other, and wait for no files. */
export interface ReporterClient {
    intake(): Promise<Intake>
    /**
     * Seal everything and send the report: its words are there before its files go, which `sendFiles` sends. Called
     * again, it goes on with the same report: id, receipt and keys stay, what is sealed and unchanged is not sealed
     * again, so that a retry can never make two reports.
     */
    submit(form: Form, files: Picked[], progress: (step: Step) => void, cancel?: AbortSignal): Promise<Submitted>
    /** The words of a report of which nobody can know whether the service has it; null where there is none. */
    perhapsStored(): Promise<Words | null>
    /** Send the files of the last report or answer that have not arrived, from where they are; those that have not yet. */
    sendFiles(progress: (step: Step) => void, cancel?: AbortSignal): Promise<NotSent>
    /** Open the mailbox of these words, which `readWords` can read, and keep it for what follows. */
    open(words: string): Promise<Mailbox>
    /** Seal everything and send the message; `sendFiles` sends its files. Called again, it sends nothing twice. */
    answer(text: string, files: Picked[], progress: (step: Step) => void, cancel?: AbortSignal): Promise<Mailbox>
    consent(scope: string, given: boolean): Promise<Mailbox>
    withdraw(): Promise<Mailbox>
    /** Overwrite what can be overwritten and end the worker. Calls that are under way are not answered any more. */
    forget(): void
}
