import { expect, test } from "vitest"

import { formOf, isNear } from "./answers.ts"

function fields(...pairs: [string, string][]): FormData {
    const data = new FormData()
    for (const [name, value] of pairs) data.append(name, value)
    return data
}

test("what was filled in becomes answers, one or several as the question takes", () => {
    const filled = fields(
        ["danger_now", "days"],
        ["text", " A man calls. \n"],
        ["how", "voice_call"],
        ["how", "unknown"],
        ["contact", "yes"],
        ["consent", "statistics"],
    )

    expect(formOf(filled, new Set(), "en")).toEqual({
        language: "en",
        text: "A man calls.",
        answers: { danger_now: "days", how: ["voice_call", "unknown"], consent: ["service", "contact", "statistics"] },
    })
})

test("what was skipped stays on the page", () => {
    const filled = fields(["danger_now", "none"], ["text", "no"], ["when", "March"], ["what_kind", "threat"])

    const form = formOf(filled, new Set(["text", "when", "what_kind"]), "fr")

    expect(form).toEqual({ language: "fr", text: "", answers: { danger_now: "none", consent: ["service"] } })
})

test.each([
    ["no", []],
    ["yes", ["contact"]], // who goes past it is not written to
] as const)("whoever says %s to being answered and then skips the question says no", (said, skipped) => {
    const form = formOf(fields(["danger_now", "none"], ["contact", said]), new Set(skipped), "en")

    expect(form.answers.consent).toEqual(["service"])
})

test("an answer that means nothing is left out", () => {
    const filled = fields(["danger_now", "unknown"], ["where_now", ""], ["what_kind", ""], ["needs", "  "])

    expect(formOf(filled, new Set(), "ug").answers).toEqual({ danger_now: "unknown", consent: ["service"] })
})

test("emergency numbers come first when danger is a matter of hours or days", () => {
    expect(["now", "days", "weeks", "none", "unknown"].filter(isNear)).toEqual(["now", "days"])
})
