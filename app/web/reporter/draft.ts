/**
 * A report from its first sealing until the service has it. Its id, its key and its receipt are made once, so that
 * however often it is sent there is one report; each version that may have arrived is kept until one is known to have.
 */

import { newIdentity, type Identity } from "../protocol/age.ts"
import { CODES } from "../protocol/codes.ts"
import { bare } from "../protocol/documents.ts"
import { b64, canonical, concat, newId, sha256Hex, utf8, type Bytes } from "../protocol/encoding.ts"
import { sealIntakeGrant } from "../protocol/grants.ts"
import type { Epoch } from "../protocol/intake.ts"
import { makeReceipt } from "../protocol/receipt.ts"
import {
    checkForm,
    consentsGiven,
    fileName,
    mediaType,
    reportBody,
    type Attachment,
    type Consent,
    type Form,
} from "../protocol/report.ts"
import { listOf } from "../protocol/words.ts"
import type { Picked } from "./api.ts"
import type { SealedFile } from "./sealing.ts"
import { holderOf, reporterHeader, sealThreadState, sealWritten, sendable, type Holder } from "./writing.ts"

/** One version of the report as it was sent, or is about to be. */
export interface Version {
    body: string
    epoch: string
    threadState: Bytes
    envelope: Bytes
    files: readonly SealedFile[]
}

export class Draft {
    readonly id = newId("rep")
    readonly words: string
    /** The language of the words. */
    readonly language: string
    readonly keys: Holder
    readonly identity: Identity
    readonly versions: Version[] = []
    /** The version that the service has, once that is known. */
    stored: Version | null = null
    /** Whether a version was sent to which no answer came. */
    isUnanswered = false
    private readonly receipt: Bytes
    private readonly consentIds = new Map(CODES.consent_scope.map((scope) => [scope, newId("cons")]))

    private constructor(
        receipt: Bytes,
        { words, language }: { words: string; language: string },
        keys: Holder,
        identity: Identity,
    ) {
        this.receipt = receipt
        this.words = words
        this.language = language
        this.keys = keys
        this.identity = identity
    }

    /** The words are of this language where it has a list that can be fetched; a report does not wait for words. */
    static async begin(language: string): Promise<Draft> {
        const list = await listOf(language).catch(() => listOf("en"))
        const { secret, words } = await makeReceipt(list)
        const said = { words, language: list.name === "english" ? "en" : language }
        return new Draft(secret, said, await holderOf(secret), await newIdentity())
    }

    /** What says whether two versions tell the same. Raises `Failure` for what cannot be a report. */
    private bodyOf(form: Form, attachments: readonly Attachment[]): object {
        return sendable(() =>
            reportBody({
                ...checkForm(form),
                mailbox: this.keys.identity.recipient,
                thread_key: b64(this.keys.threadMac),
                withdrawal: sha256Hex(this.keys.withdrawal),
                attachments: [...attachments],
                consents: this.consents(form),
            }),
        )
    }

    private consents(form: Form): Consent[] {
        const given = consentsGiven(form)
        return [...this.consentIds].map(([scope, id]) => ({ scope, given: given.includes(scope), id }))
    }

    /** This version for this epoch: the same bytes as before where nothing has changed. */
    async version(
        form: Form,
        files: readonly (readonly [Picked, SealedFile])[],
        { org, epoch, today }: { org: string; epoch: Epoch; today: string },
    ): Promise<Version> {
        const body = this.bodyOf(
            form,
            files.map(([picked, sealed]) => describe(picked, sealed)),
        )
        const written = canonical(body)
        const before = this.versions.find((each) => each.body === written && each.epoch === epoch.id)
        if (before) return before
        const { id, keys, identity } = this
        const said = { org, subject: id, recipient: identity.recipient, at: today }
        const report = await sealWritten(
            bare(reporterHeader({ ...said, type: "report", body })),
            "report",
            identity.recipient,
        )
        const grant = await sealIntakeGrant(identity, epoch.recipient, {
            org,
            report: id,
            epoch: epoch.id,
            at: today,
            language: textOf(form.answers.answer_language) ?? form.language,
            danger_now: textOf(form.answers.danger_now) ?? "unknown",
        })
        const consents = this.consents(form)
        const memory = { report: id, recipient: identity.recipient, named_in: 0, number: 0, hash: null, consents, days: [] }
        const threadState = await sealThreadState(memory, { org, at: today, keys, before: null })
        const line = { v: 1, epoch: epoch.id, mailbox: keys.identity.recipient, withdrawal: sha256Hex(keys.withdrawal) }
        const first = utf8(`${canonical(line)}\n`)
        const version = {
            body: written,
            epoch: epoch.id,
            threadState,
            envelope: concat(first, grant, threadState, report),
            files: files.map(([, sealed]) => sealed),
        }
        this.versions.push(version)
        return version
    }

    /** Overwrite the secrets that are bytes; what is text is left to the collector of garbage. */
    forget(): void {
        const { token, threadMac, withdrawal } = this.keys
        for (const secret of [this.receipt, token, threadMac, withdrawal]) secret.fill(0)
        for (const { envelope } of this.versions) envelope.fill(0)
    }
}

/** A file as the document that it comes with lists it. */
export function describe({ name, type }: Picked, sealed: SealedFile): Attachment {
    return {
        id: sealed.id,
        name: fileName(name),
        media_type: mediaType(type),
        size: sealed.size,
        plaintext_sha256: sealed.plaintextHash,
        ciphertext_sha256: sealed.ciphertextHash,
    }
}

/** The form with its answers in one order, and without the halves of characters that a cut text may end in. */
export function tidied({ language, text, answers }: Form): Form {
    const ordered = Object.entries(answers).sort(([one], [other]) => (one < other ? -1 : 1))
    return {
        language,
        text: whole(text),
        answers: Object.fromEntries(
            ordered.map(([name, answer]) => [name, typeof answer === "string" ? whole(answer) : answer]),
        ),
    }
}

/** The text without halves of surrogate pairs, which cannot be written as UTF-8. */
export function whole(text: string): string {
    return text.replace(/\p{Surrogate}/gu, "\ufffd")
}

function textOf(answer: string | string[] | undefined): string | undefined {
    return typeof answer === "string" ? answer : undefined
}
