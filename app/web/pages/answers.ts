/** The form as its reader will get it: which fields are one answer and which several, and what was skipped. */

import type { Answers, Form } from "../reporter/api.ts"

const ONE = ["danger_now", "about_whom", "where_now", "state_behind", "when", "identifiers", "needs", "answer_language"]
const SEVERAL = ["what_kind", "how", "who_behind", "told_authorities"]

/** Danger so near that emergency numbers come before the next question. */
export function isNear(imminence: string): boolean {
    return imminence === "now" || imminence === "days"
}

/** What was filled in, without what was skipped: the words stay in their fields, but do not leave the page. */
export function formOf(fields: FormData, skipped: ReadonlySet<string>, language: string): Form {
    const answers: Answers = {}
    for (const key of ONE) {
        const answer = textOf(fields, key)
        if (answer && !skipped.has(key)) answers[key] = answer
    }
    for (const key of SEVERAL) {
        const chosen = fields.getAll(key).filter((code): code is string => typeof code === "string" && code !== "")
        if (chosen.length > 0 && !skipped.has(key)) answers[key] = chosen
    }
    // The first choice is always on; a box that cannot be unticked is not part of the form's data.
    const mayAnswer = fields.get("contact") === "yes" && !skipped.has("contact")
    const ticked = fields.getAll("consent").filter((scope) => typeof scope === "string")
    answers.consent = ["service", ...(mayAnswer ? ["contact"] : []), ...ticked]
    return { language, text: skipped.has("text") ? "" : textOf(fields, "text"), answers }
}

function textOf(fields: FormData, key: string): string {
    const value = fields.get(key)
    return typeof value === "string" ? value.trim() : ""
}
