/** Under each field how much is written, and how much room is left when little is; too much is said, never cut off. */

import { characters } from "../protocol/encoding.ts"
import { word } from "./words.ts"

const FEW = 500

export function countCharacters(): void {
    for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-limit]")) {
        const count = document.getElementById(`${field.id}-count`)
        field.addEventListener("input", () => {
            if (count) count.textContent = said(lengthOf(field), limitOf(field))
        })
    }
}

export function isTooLong(field: HTMLTextAreaElement): boolean {
    return lengthOf(field) > limitOf(field)
}

/** Characters as people count them and the protocol does: an emoji is one. */
function lengthOf(field: HTMLTextAreaElement): number {
    return characters(field.value).length
}

function limitOf(field: HTMLTextAreaElement): number {
    return Number(field.dataset.limit)
}

function said(length: number, limit: number): string {
    if (length === 0) return ""
    const left = limit - length
    if (left < 0) return word("too-long")
    return left < FEW ? word("left", { n: left }) : word("written", { n: length })
}
