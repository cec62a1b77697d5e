/** The report document: what a reporter tells, and how staff can write back (docs/protocol-documents.md, "Report"). */

import { CODES, VOCABULARY } from "./codes.ts"
import { characters, checkFields, checkHash, checkId, checkNumber, checkText } from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { ATTACHMENT_CEILING } from "./sizes.ts"

/** A file beside the report, as the document that mentions it describes it. `size` is the true one. */
export interface Attachment {
    id: string
    name: string
    media_type: string
    size: number
    plaintext_sha256: string
    ciphertext_sha256: string
}

/** One choice. Its id is random, by which a later message can name it without saying what it is. */
export interface Consent {
    scope: string
    given: boolean
    id: string
}

/** What the reporter filled in, before anything is sealed. */
export interface Form {
    language: string
    text: string
    answers: Record<string, string | string[]>
}

/**
 * The body of a report. `mailbox` is the recipient of replies, `thread_key` 32 bytes in base64url, `withdrawal` the
 * SHA-256 of the secret by which its reporter, and nobody else, takes the report back.
 */
export interface Report extends Form {
    mailbox: string
    thread_key: string
    withdrawal: string
    attachments: Attachment[]
    consents: Consent[]
}

// The questions by key, with the list that answers them. The form has no others.
const ONE_OF = {
    danger_now: CODES.imminence,
    about_whom: CODES.relation_of_target_to_reporter,
    where_now: CODES.country,
    state_behind: CODES.country,
    answer_language: CODES.language,
}
const SEVERAL_OF = {
    what_kind: CODES.incident_group,
    how: CODES.channel,
    who_behind: CODES.suspected_actor_role,
    told_authorities: CODES.host_response,
    consent: CODES.consent_scope,
}
const FREE = ["when", "identifiers", "needs"]

/** Bounds in characters, so that no part of a report is all of its 1 MiB. */
export const FREE_LENGTH = 20_000
const NAME_LENGTH = 255
const MEDIA_TYPE_LENGTH = 127
const MOST_ATTACHMENTS = 32

/** `form`, if its answers are of the lists. Raises `Malformed`, which names the answer and repeats nothing typed. */
export function checkForm(form: Form): Form {
    if (!CODES.language.includes(form.language)) throw new Malformed("language: not one of the list")
    for (const [name, answer] of Object.entries(form.answers))
        if (!isAnswer(name, answer)) throw new Malformed(`${name}: not an answer to this`)
    if (!("danger_now" in form.answers)) throw new Malformed("danger_now: needs an answer")
    return form
}

/** What was ticked. Where the question was left as it stood, that is reading and helping, and nothing else. */
export function consentsGiven(form: Form): readonly string[] {
    const { consent } = form.answers
    return Array.isArray(consent) ? consent : ["service"]
}

/** The body as it is sealed. Raises `Malformed` where it lists too many files. */
export function reportBody(report: Report): object {
    const { language, text, answers, mailbox, thread_key, withdrawal, attachments, consents } = report
    checkAttachments(attachments)
    return { language, text, answers, mailbox, thread_key, withdrawal, attachments, consents, vocabulary: VOCABULARY }
}

/** Raises `Malformed` where a document lists more files than a report may have, or one of them twice. */
export function checkAttachments(attachments: readonly Attachment[]): void {
    if (attachments.length > MOST_ATTACHMENTS || new Set(attachments.map(({ id }) => id)).size !== attachments.length)
        throw new Malformed("attachments: too many, or one twice")
}

/** Raises `Malformed`. */
export function readAttachment(body: unknown): Attachment {
    const found = checkFields(body, ["id", "name", "media_type", "size", "plaintext_sha256", "ciphertext_sha256"])
    const attachment = {
        id: checkId(found.id, "att"),
        name: checkText(found.name),
        media_type: checkText(found.media_type),
        size: checkNumber(found.size, 0, ATTACHMENT_CEILING),
        plaintext_sha256: checkHash(found.plaintext_sha256),
        ciphertext_sha256: checkHash(found.ciphertext_sha256),
    }
    if (!isFileName(attachment.name) || !isMediaType(attachment.media_type))
        throw new Malformed("an attachment of another form")
    return attachment
}

/** Raises `Malformed`. */
export function readConsent(body: unknown): Consent {
    const { scope, given, id } = checkFields(body, ["scope", "given", "id"])
    if (!CODES.consent_scope.includes(checkText(scope)) || typeof given !== "boolean")
        throw new Malformed("a consent of another form")
    return { scope: checkText(scope), given, id: checkId(id, "cons") }
}

/** A file's name as a document may list it: what it may not have is replaced, and the end is kept if it is too long. */
export function fileName(name: string): string {
    const possible = characters(name.replace(/[/\0]|\p{Surrogate}/gu, "_"))
        .slice(-NAME_LENGTH)
        .join("")
    return isFileName(possible) ? possible : "_"
}

/** A media type as a document may list it. */
export function mediaType(type: string): string {
    return type !== "" && isMediaType(type) ? type : "application/octet-stream"
}

function isAnswer(name: string, answer: string | string[]): boolean {
    if (Object.hasOwn(ONE_OF, name))
        return typeof answer === "string" && ONE_OF[name as keyof typeof ONE_OF].includes(answer)
    if (Object.hasOwn(SEVERAL_OF, name)) {
        const codes = SEVERAL_OF[name as keyof typeof SEVERAL_OF]
        return (
            Array.isArray(answer) &&
            answer.every((each) => codes.includes(each)) &&
            new Set(answer).size === answer.length
        )
    }
    return FREE.includes(name) && typeof answer === "string" && characters(answer).length <= FREE_LENGTH
}

function isFileName(name: string): boolean {
    return name !== "" && characters(name).length <= NAME_LENGTH && !/[/\0]/.test(name) && name !== "." && name !== ".."
}

function isMediaType(type: string): boolean {
    return type.length <= MEDIA_TYPE_LENGTH && /^[\x20-\x7e]*$/.test(type)
}
