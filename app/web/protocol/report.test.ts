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
})

test("a file is listed once, and no more than 32 are", () => {
    expect(() => {
        checkAttachments([ATTACHMENT, ATTACHMENT])
    }).toThrow(Malformed)
    const many = Array.from({ length: 33 }, (_, number) => ({
        ...ATTACHMENT,
        id: `att_${String(number).padStart(32, "0")}`,
    }))
    expect(() => {
        checkAttachments(many)
    }).toThrow(Malformed)
})

test("no report is written that lists a file twice", () => {
    const keys = { mailbox: "", thread_key: "", withdrawal: "", consents: [] }

    expect(reportBody({ ...FORM, ...keys, attachments: [ATTACHMENT] })).toMatchObject({ attachments: [ATTACHMENT] })
    expect(() => reportBody({ ...FORM, ...keys, attachments: [ATTACHMENT, ATTACHMENT] })).toThrow(Malformed)
})
