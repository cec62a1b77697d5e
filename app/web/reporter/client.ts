/** The reporter's client: it seals and sends a report, and reads and answers with the receipt. It stores nothing. */

import { areEqual, b64, dayOf, newId } from "../protocol/encoding.ts"
import { NotAuthentic, Unavailable } from "../protocol/errors.ts"
import { checkAccepts } from "../protocol/intake.ts"
import { readWords, ReceiptError } from "../protocol/receipt.ts"
import { readPin } from "../protocol/roots.ts"
import { ATTACHMENT_CEILING } from "../protocol/sizes.ts"
import {
    Failure,
    type Form,
    type Intake,
    type Kind,
    type Mailbox,
    type NotSent,
    type Picked,
    type ReporterClient,
    type Step,
    type Submitted,
    type Words,
} from "./api.ts"
import { describe, Draft, tidied, whole, type Version } from "./draft.ts"
import { sealFile, type SealedFile } from "./sealing.ts"
import { followed, memoryOf, shown, Thread, type Contents, type Said } from "./thread.ts"
import { Service } from "./transport.ts"
import { fetchIntake, type OpenIntake } from "./trust.ts"
import { upload } from "./uploads.ts"
import { holderOf } from "./writing.ts"

type Progress = (step: Step) => void

/** A file that is to be sent, by its place among those picked; `sealed` is null where no document lists it. */
interface Outgoing {
    place: number
    sealed: SealedFile | null
    /** Where the service keeps what has arrived of it. */
    address: string | null
    hasArrived: boolean
}

interface OutgoingFiles {
    token: string
    files: Outgoing[]
    /** Why the last that was tried has not arrived. */
    why: Kind | null
}

export interface Settings {
    /** The address of the service; the empty string is the page's own. */
    server: string
    /** The fingerprint of the organisation's root. */
    pin: string
    /** Milliseconds since 1970, as `Date.now`. */
    clock?: () => number
    /** The pauses before each further try, in milliseconds. */
    pausesMs?: readonly number[]
}

export class Client implements ReporterClient {
    private readonly service: Service
    private readonly pin: string
    private readonly org: string
    private readonly clock: () => number
    private readonly pausesMs: readonly number[] | undefined
    private opened: OpenIntake | null = null
    private draft: Draft | null = null
    private thread: Thread | null = null
    /** Files that were sealed, by the recipient that they are sealed to: none is sealed twice. */
    private readonly sealed = new Map<string, Map<Blob, SealedFile>>()
    private outgoing = noFiles()
    private readonly last = { calls: Promise.resolve<unknown>(null), files: Promise.resolve<unknown>(null) }

    constructor({ server, pin, clock = Date.now, pausesMs }: Settings) {
        this.service = new Service(server, pausesMs)
        this.pin = pin
        this.org = readPin(pin).org
        this.clock = clock
        this.pausesMs = pausesMs
    }

    intake(): Promise<Intake> {
        return this.inTurn(async () => {
            const { languages, attachmentBytes, notice } = (await this.freshIntake()).epoch
            return { languages, attachmentBytes, notice }
        })
    }

    submit(form: Form, files: Picked[], progress: Progress, cancel?: AbortSignal): Promise<Submitted> {
        return this.inTurn(async () => {
            const draft = (this.draft ??= await Draft.begin(form.language))
            const wanted = await this.send(draft, tidied(form), files, progress, cancel)
            const stored = draft.stored ?? wanted
            this.expect(b64(draft.keys.token), files, draft.identity.recipient, stored.files)
            return { words: draft.words, language: draft.language, earlier: stored.body !== wanted.body }
        })
    }

    sendFiles(progress: Progress, cancel?: AbortSignal): Promise<NotSent> {
        return this.inTurn(() => this.sendOutgoing(progress, cancel), "files")
    }

    perhapsStored(): Promise<Words | null> {
        const { draft } = this
        if (!draft?.isUnanswered || draft.stored) return Promise.resolve(null)
        return Promise.resolve({ words: draft.words, language: draft.language })
    }

    open(words: string): Promise<Mailbox> {
        return this.inTurn(async () => {
            const receipt = await readWords(words)
            const keys = await holderOf(receipt)
            receipt.fill(0)
            const thread = new Thread(this.service, this.org, keys, () => this.today())
            const found = shown(await thread.read())
            this.thread?.forget()
            this.thread = thread
            this.outgoing = noFiles()
            return found
        })
    }

    answer(text: string, files: Picked[], progress: Progress, cancel?: AbortSignal): Promise<Mailbox> {
        return this.inTurn(async () => {
            const thread = this.openThread()
            const before = await thread.read(cancel)
            const { recipient } = followed(memoryOf(before).said, before.replies)
            const limit = files.length ? await this.attachmentLimit() : 0
            const sealed = await this.sealAll(files, recipient, limit, progress, cancel)
            const attachments = sealed.map(([picked, file]) => describe(picked, file))
            const said: Said = { kind: "message", text: whole(text), attachments, changed: null }
            const after = await thread.write(before, said, cancel)
            this.expect(
                thread.token,
                files,
                recipient,
                sealed.map(([, file]) => file),
            )
            return shown(after)
        })
    }

    consent(scope: string, given: boolean): Promise<Mailbox> {
        return this.write((before) => {
            const id = before.threadState?.said.consents.find((each) => each.scope === scope)?.id ?? newId("cons")
            return { kind: "consent", text: "", attachments: [], changed: { scope, given, id } }
        })
    }

    withdraw(): Promise<Mailbox> {
        return this.inTurn(async () => shown(await this.openThread().withdraw()))
    }

    forget(): void {
        this.draft?.forget()
        this.thread?.forget()
        this.sealed.clear()
        this.draft = this.thread = this.opened = null
        this.outgoing = noFiles()
    }

    private write(said: (before: Contents) => Said): Promise<Mailbox> {
        return this.inTurn(async () => {
            const thread = this.openThread()
            const before = await thread.read()
            return shown(await thread.write(before, said(before)))
        })
    }

    /**
     * One call after the other: two at once, from two taps on a button, could make two reports. Nobody waits for files,
     * which take long, to read a mailbox or to take a report back.
     */
    private inTurn<Result>(act: () => Promise<Result>, turn: keyof Client["last"] = "calls"): Promise<Result> {
        const result = this.last[turn].then(() => told(act))
        this.last[turn] = result.catch(() => undefined)
        return result
    }

    private openThread(): Thread {
        if (!this.thread) throw new Failure("no-mailbox")
        return this.thread
    }

    /** The version of the report that was asked for; from here on `draft.stored` is the one that the service has. */
    private async send(
        draft: Draft,
        form: Form,
        files: Picked[],
        progress: Progress,
        cancel: AbortSignal | undefined,
    ): Promise<Version> {
        let { epoch } = await this.presentIntake()
        const { recipient } = draft.identity
        for (;;) {
            const limit = Math.min(epoch.attachmentBytes, ATTACHMENT_CEILING)
            const sealed = await this.sealAll(files, recipient, limit, progress, cancel)
            const version = await draft.version(form, sealed, { org: this.org, epoch, today: this.today() })
            if (draft.stored) return version
            try {
                await this.put(draft, version, progress, cancel)
                return version
            } catch (error) {
                if (!(error instanceof Failure) || error.reason !== "epoch-closed") throw error
                const following = (await this.freshIntake()).epoch
                if (following.id === epoch.id) throw error
                epoch = following
            }
        }
    }

    private async put(
        draft: Draft,
        version: Version,
        progress: Progress,
        cancel: AbortSignal | undefined,
    ): Promise<void> {
        const headers = { Authorization: `Bearer ${b64(draft.keys.token)}`, "Tern-Report": draft.id }
        const step = { doing: "sending", file: null, whole: version.envelope.length } as const
        progress({ ...step, done: 0 })
        // A proof of work over the envelope, if the service asks for one under load, belongs here: before it is sent.
        try {
            const unanswered = () => {
                draft.isUnanswered = true
            }
            await this.service.askAgain("/report", { method: "PUT", body: version.envelope, headers, cancel, unanswered })
            draft.stored = version
        } catch (error) {
            if (!(error instanceof Failure) || error.reason !== "report-exists") throw error
            draft.stored = await this.storedVersion(draft)
        }
        progress({ ...step, done: version.envelope.length })
    }

    /** The version that had arrived although its answer got lost: the one whose threadState lies in the mailbox. */
    private async storedVersion(draft: Draft): Promise<Version> {
        const { threadStateFile } = await new Thread(this.service, this.org, draft.keys, () => this.today()).read()
        const stored = draft.versions.find(({ threadState }) => areEqual(threadState, threadStateFile))
        if (!stored) throw new Failure("refused", "report-exists")
        return stored
    }

    private async sealAll(
        files: readonly Picked[],
        recipient: string,
        limit: number,
        progress: Progress,
        cancel: AbortSignal | undefined,
    ): Promise<(readonly [Picked, SealedFile])[]> {
        const known = this.sealedTo(recipient)
        const found: (readonly [Picked, SealedFile])[] = []
        for (const [file, picked] of files.entries()) {
            const { blob } = picked
            const before = known.get(blob)
            const step = (done: number) => {
                progress({ doing: "sealing", file, done, whole: blob.size })
            }
            const sealed =
                before ??
                (await sealFile(blob, { recipient, limit, progress: step, cancel }).catch((error: unknown) => {
                    throw isOf(error, "file-unreadable") ? new Failure("file-unreadable", String(file)) : error
                }))
            known.set(blob, sealed)
            found.push([picked, sealed])
        }
        return found
    }

    private sealedTo(recipient: string): Map<Blob, SealedFile> {
        const known = this.sealed.get(recipient) ?? new Map<Blob, SealedFile>()
        this.sealed.set(recipient, known)
        return known
    }

    /** From now on these files are to be sent, of which the document that the service has lists those in `listed`. */
    private expect(token: string, files: readonly Picked[], recipient: string, listed: readonly SealedFile[]): void {
        const begun = this.outgoing.token === token ? this.outgoing.files : []
        const known = this.sealedTo(recipient)
        const outgoing = files.map(({ blob }, place): Outgoing => {
            const sealed = listed.find((each) => each === known.get(blob)) ?? null
            const before = begun.find((each) => sealed !== null && each.sealed === sealed)
            return { place, sealed, address: before?.address ?? null, hasArrived: before?.hasArrived ?? false }
        })
        this.outgoing = { token, files: outgoing, why: null }
    }

    /** What has not arrived. A file that fails, or is cancelled, does not stop the report. */
    private async sendOutgoing(progress: Progress, cancel: AbortSignal | undefined): Promise<NotSent> {
        const { token, files } = this.outgoing
        this.outgoing.why = null
        for (const file of files) {
            const { place, sealed } = file
            if (!sealed || file.hasArrived) continue
            try {
                await upload(sealed.sealed, {
                    server: this.service.server,
                    token,
                    attachment: sealed.id,
                    address: file.address,
                    begun: (address) => {
                        file.address = address
                    },
                    progress: (done) => {
                        progress({ doing: "sending", file: place, done, whole: sealed.sealed.size })
                    },
                    cancel,
                    pausesMs: this.pausesMs,
                })
                file.hasArrived = true
            } catch (error) {
                if (!(error instanceof Failure)) throw error
                this.outgoing.why = error.kind
            }
        }
        const missing = files.filter(({ hasArrived }) => !hasArrived)
        return { places: missing.map(({ place }) => place), why: this.outgoing.why }
    }

    private async attachmentLimit(): Promise<number> {
        const { epoch } = await this.presentIntake()
        return Math.min(epoch.attachmentBytes, ATTACHMENT_CEILING)
    }

    /** The intake document that was read before, on its days; nothing is sealed to an epoch out of them. */
    private async presentIntake(): Promise<OpenIntake> {
        if (!this.opened) return this.freshIntake()
        try {
            checkAccepts(this.opened.epoch, this.today())
            return this.opened
        } catch {
            return this.freshIntake()
        }
    }

    private async freshIntake(): Promise<OpenIntake> {
        this.opened = await fetchIntake(this.service, this.pin, this.today(), this.opened?.head ?? null)
        return this.opened
    }

    private today(): string {
        return dayOf(this.clock())
    }
}

function noFiles(): OutgoingFiles {
    return { token: "", files: [], why: null }
}

function isOf(error: unknown, kind: Kind): boolean {
    return error instanceof Failure && error.kind === kind
}

/** What `act` resolves with; what the protocol refuses, as the failure that a page tells of. */
async function told<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
        return await act()
    } catch (error) {
        if (error instanceof NotAuthentic)
            throw new Failure(error.reason === "epoch-days" ? "clock" : "not-authentic", error.reason)
        if (error instanceof Unavailable) throw new Failure("no-word-list")
        if (error instanceof ReceiptError) throw new Failure("refused", "words")
        throw error
    }
}
