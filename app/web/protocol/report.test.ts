import { expect, test } from "vitest"

import { Malformed } from "./errors.ts"
import {
    checkAttachments,
    checkForm,
    consentsGiven,
    fileName,
    FREE_LENGTH,
    mediaType,
    readAttachment,
    readConsent,
    reportBody,
    type Form,
} from "./report.ts"

const FORM: Form = {
    language: "en",
    text: "They wrote to my mother.",
    answers: { danger_now: "days", where_now: "NL", what_kind: ["threat", "family"], when: "since Tuesday" },
}
const ATTACHMENT = {
    id: `att_${"0".repeat(32)}`,
    name: "صورة 1.jpg",
    media_type: "image/jpeg",
    size: 70_001,
    plaintext_sha256: "c".repeat(64),
    ciphertext_sha256: "d".repeat(64),
}

test("a form with answers of the lists is taken", () => {
    expect(checkForm(FORM)).toBe(FORM)
})

test.each([
    ["danger_now", "soon"],
    ["danger_now", ["now"]],
    ["where_now", "Narnia"],
    ["what_kind", ["threat", "threat"]],
    ["what_kind", ["threat_of_violence"]],
    ["consent", "service"],
    ["answer_language", "xx"],
    ["when", "x".repeat(FREE_LENGTH + 1)],
    ["when", ["x"]],
    ["favourite_colour", "blue"],
    ["constructor", "now"],
])("an answer of no list is refused: %s", (name, answer) => {
    expect(() => checkForm({ ...FORM, answers: { ...FORM.answers, [name]: answer } })).toThrow(Malformed)
})

test("what is asked in free words may be 20,000 characters long", () => {
    expect(FREE_LENGTH).toBe(20_000)
    for (const name of ["when", "identifiers", "needs"]) {
        const form = { ...FORM, answers: { ...FORM.answers, [name]: "x".repeat(20_000) } }
        expect(checkForm(form)).toBe(form)
    }
})

test("a form needs an answer to one question, and a language", () => {
    expect(() => checkForm({ ...FORM, answers: {} })).toThrow(Malformed)
    expect(() => checkForm({ ...FORM, language: "tlh" })).toThrow(Malformed)
})

test("lengths are counted in characters, as people count them", () => {
    const needs = "📷".repeat(FREE_LENGTH)

    expect(checkForm({ ...FORM, answers: { ...FORM.answers, needs } }).answers.needs).toBe(needs)
})

test("no choice made is help, and nothing else", () => {
    expect(consentsGiven(FORM)).toEqual(["service"])
    expect(consentsGiven({ ...FORM, answers: { ...FORM.answers, consent: [] } })).toEqual([])
})

test("whatever a file is called, a document can list it", () => {
    for (const name of ["a/b\0c", "", ".", "..", "x".repeat(300), "cut \ud83d.jpg", "📷".repeat(200)])
        expect(readAttachment({ ...ATTACHMENT, name: fileName(name) }).id).toBe(ATTACHMENT.id)
    for (const type of ["", "image/jpeg", "ünknown", "x".repeat(200)])
        expect(readAttachment({ ...ATTACHMENT, media_type: mediaType(type) }).id).toBe(ATTACHMENT.id)
    expect(fileName(`${"x".repeat(300)}.jpg`)).toMatch(/x\.jpg$/)
    expect(["", "ünknown", "unknowñ", "x".repeat(128)].map(mediaType)).toEqual(new Array<string>(4).fill("application/octet-stream"))
    expect(["image/jpeg", "x".repeat(127)].map(mediaType)).toEqual(["image/jpeg", "x".repeat(127)])
})

test.each<[string, unknown]>([
    ["name", "x".repeat(255)],
    ["name", "..."],
    ["media_type", "x".repeat(127)],
    ["media_type", ""],
    ["size", 0],
    ["size", 2 ** 30],
])("a file is listed with a %s up to its bound", (name, value) => {
    expect(readAttachment({ ...ATTACHMENT, [name]: value })).toEqual({ ...ATTACHMENT, [name]: value })
})

test.each<[string, unknown]>([
    ["name", "x".repeat(256)],
    ...["", ".", "..", "a/b", "a\0b"].map((name): [string, unknown] => ["name", name]),
    ...["x".repeat(128), "ünknown", "unknowñ"].map((type): [string, unknown] => ["media_type", type]),
    ["size", -1],
    ["size", 2 ** 30 + 1],
    ["given", true],
])("a file of another form is refused: %s", (name, value) => {
    expect(() => readAttachment({ ...ATTACHMENT, [name]: value })).toThrow(Malformed)
})

test("a consent is a yes or a no to one of the scopes", () => {
    const consent = { scope: "service", given: false, id: `cons_${"0".repeat(32)}` }

    expect(readConsent(consent)).toEqual(consent)
    for (const other of [{ scope: "everything" }, { given: "yes" }, { given: null }, { id: ATTACHMENT.id }])
        expect(() => readConsent({ ...consent, ...other })).toThrow(Malformed)
})

test("a file is listed once, and no more than 32 are", () => {
    const many = Array.from({ length: 33 }, (_, number) => ({
        ...ATTACHMENT,
        id: `att_${String(number).padStart(32, "0")}`,
    }))

    checkAttachments(many.slice(1))
    for (const refused of [[ATTACHMENT, ATTACHMENT], many])
        expect(() => {
            checkAttachments(refused)
        }).toThrow(Malformed)
})

test("no report is written that lists a file twice", () => {
    const keys = { mailbox: "", thread_key: "", withdrawal: "", consents: [] }

    expect(reportBody({ ...FORM, ...keys, attachments: [ATTACHMENT] })).toMatchObject({ attachments: [ATTACHMENT] })
    expect(() => reportBody({ ...FORM, ...keys, attachments: [ATTACHMENT, ATTACHMENT] })).toThrow(Malformed)
})
