/** Boxes to tick: "I do not know" goes with no other, and what a person may do with the report, scope by scope. */

import type { Choice } from "../reporter/api.ts"

/** Ticking "I do not know" unticks the rest of its question, and the other way round. */
export function keepUnknownAlone(form: HTMLFormElement): void {
    form.addEventListener("change", (event) => {
        const ticked = event.target
        if (!(ticked instanceof HTMLInputElement) || ticked.type !== "checkbox" || !ticked.checked) return
        if (ticked.name === "consent") return
        for (const other of boxes(form, ticked.name)) {
            if (isUnknown(other) !== isUnknown(ticked)) other.checked = false
        }
    })
}

/** As it is now, but for what was ticked or unticked since `before` and is not sent yet. */
export function tickChoices(form: HTMLFormElement, choices: readonly Choice[], before: readonly Choice[]): void {
    const changed = new Set(changedChoices(form, before).map((choice) => choice.scope))
    const given = new Set(choices.filter((choice) => choice.given).map((choice) => choice.scope))
    for (const box of boxes(form, "consent")) if (!changed.has(box.value)) box.checked = given.has(box.value)
}

/** What is ticked otherwise than it was. */
export function changedChoices(form: HTMLFormElement, before: readonly Choice[]): Choice[] {
    const given = new Set(before.filter((choice) => choice.given).map((choice) => choice.scope))
    return boxes(form, "consent")
        .filter((box) => box.checked !== given.has(box.value))
        .map((box) => ({ scope: box.value, given: box.checked }))
}

function boxes(form: HTMLFormElement, name: string): HTMLInputElement[] {
    return [...form.querySelectorAll<HTMLInputElement>(`input[type="checkbox"][name="${name}"]`)]
}

function isUnknown(box: HTMLInputElement): boolean {
    return box.value === "" || box.value === "unknown"
}
