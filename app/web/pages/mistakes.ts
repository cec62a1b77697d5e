/** What still needs to be done: a summary at the top that takes the focus, linked to its places, and the words beside them. */

import type { Failure, Picked } from "../reporter/api.ts"
import { byId, make } from "./elements.ts"
import { word } from "./words.ts"

/** The most files that one report can have. */
export const MOST_FILES = 32

/** What a failure means, in a sentence; `picked` are the files that were to be sealed. */
export function told({ kind, reason }: Failure, picked: readonly Picked[] = []): string {
    return word(kind, { n: MOST_FILES, name: picked[Number(reason)]?.name ?? "" })
}

/** `place` is a question or field of the page, null where the sentence is about none. */
export interface Mistake {
    place: string | null
    sentence: string
}

export function showMistakes(mistakes: readonly Mistake[]): void {
    clearMistakes()
    const list = byId("mistakes", HTMLUListElement)
    for (const { place, sentence } of mistakes) {
        const field = place === null ? null : fieldOf(place)
        if (place === null || field === null) {
            list.append(make("li", {}, sentence))
            continue
        }
        // A button, not a link: following a link to a fragment would change the address.
        const link = make("button", { type: "button", className: "quiet to-field" }, sentence)
        link.addEventListener("click", () => {
            field.focus()
        })
        list.append(make("li", {}, link))
        // A choice or a button for files has no wrong value of its own.
        if (field instanceof HTMLTextAreaElement) field.setAttribute("aria-invalid", "true")
        const beside = document.getElementById(`${place}-mistake`)
        if (beside) {
            beside.textContent = sentence
            beside.hidden = false
        }
    }
    byId("summary-title", HTMLHeadingElement).textContent = word("look-first")
    const summary = byId("summary", HTMLDivElement)
    summary.hidden = mistakes.length === 0
    if (mistakes.length > 0) summary.focus()
}

export function clearMistakes(): void {
    byId("mistakes", HTMLUListElement).replaceChildren()
    byId("summary", HTMLDivElement).hidden = true
    for (const field of document.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid")
    for (const beside of document.querySelectorAll<HTMLElement>(".mistake")) beside.hidden = true
}

/** The field of a question: the one of its name, or the first of its choices. */
function fieldOf(place: string): HTMLElement | null {
    return document.getElementById(place) ?? document.querySelector<HTMLElement>(`[name="${place}"]`)
}
