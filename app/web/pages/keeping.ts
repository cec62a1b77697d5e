/** The words that open the mailbox: shown, kept in one of four ways, and tried once. */

import type { Words } from "../reporter/api.ts"
import { byId, make } from "./elements.ts"
import { word } from "./words.ts"

// A browser may still be reading when the click has returned.
const SAVED_AFTER_MILLISECONDS = 10_000

/** The words of a report that has arrived, with ways to keep them. */
export function showReceipt(receipt: Words): void {
    showWords("receipt", receipt)
    offerToKeep(receipt.words)
    practise(receipt.words.split(" "))
}

/** In the list of this id. They are English where the page's own list could not be had. */
export function showWords(id: string, { words, language }: Words): void {
    const list = byId(id, HTMLOListElement)
    list.lang = language
    list.replaceChildren(...words.split(" ").map((one) => make("li", {}, one)))
    byId(`${id}-in-english`, HTMLParagraphElement).hidden = language === document.documentElement.lang
}

function offerToKeep(words: string): void {
    const kept = byId("kept", HTMLParagraphElement)
    byId("copy", HTMLButtonElement).onclick = () => {
        void copy(words).then((isCopied) => {
            kept.textContent = word(isCopied ? "copied" : "not-copied")
        })
    }
    byId("print", HTMLButtonElement).onclick = () => {
        window.print()
    }
    byId("save", HTMLButtonElement).onclick = () => {
        const name = `${word("file-name")}.txt`
        const href = URL.createObjectURL(new Blob([`${words}\n`], { type: "text/plain" }))
        make("a", { href, download: name }).click()
        setTimeout(() => {
            URL.revokeObjectURL(href)
        }, SAVED_AFTER_MILLISECONDS)
        kept.textContent = word("saved", { name })
    }
}

/** Whether it was done: browsers within other apps often have no clipboard for us. */
async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text)
        return true
    } catch {
        return false
    }
}

function practise(words: readonly string[]): void {
    const [first, second] = twoPlaces(words.length)
    const asked = [
        { place: first, field: "practise-a" },
        { place: second, field: "practise-b" },
    ].map(({ place, field }) => {
        byId(`${field}-label`, HTMLLabelElement).textContent = word("practise", { n: place + 1 })
        return { right: words[place] ?? "", field: byId(field, HTMLInputElement) }
    })
    byId("practise-check", HTMLButtonElement).onclick = () => {
        const isRight = asked.every(({ right, field }) => isSameWord(field.value, right))
        byId("practise-answer", HTMLParagraphElement).textContent = word(isRight ? "practise-right" : "practise-wrong")
    }
}

/** Two different places, in their order. */
export function twoPlaces(count: number): [number, number] {
    const [one = 0, other = 0] = crypto.getRandomValues(new Uint32Array(2))
    const first = one % count
    const second = (first + 1 + (other % (count - 1))) % count
    return first < second ? [first, second] : [second, first]
}

/** Case and accents do not matter, as they do not where the words open the mailbox. */
export function isSameWord(typed: string, right: string): boolean {
    const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim()
    return plain(typed) === plain(right)
}
