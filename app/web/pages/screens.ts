/** One idea a screen: shows one section of the page, moves the focus to its heading, says how far one is. */

import { byId } from "./elements.ts"
import { clearMistakes } from "./mistakes.ts"
import { word } from "./words.ts"

const STEPS = 12

export function screen(name: string): HTMLElement {
    const found = document.querySelector<HTMLElement>(`[data-screen="${name}"]`)
    if (!found) throw new Error(`the page has no screen ${name}`)
    return found
}

export function show(name: string): void {
    clearMistakes()
    const shown = screen(name)
    for (const section of document.querySelectorAll<HTMLElement>("[data-screen]")) section.hidden = section !== shown
    const step = Number(shown.dataset.step ?? 0)
    const path = document.getElementById("path")
    if (path) {
        path.hidden = step === 0
        byId("place", HTMLParagraphElement).textContent = word("place", { n: step, all: STEPS })
        byId("line", HTMLProgressElement).value = step
    }
    window.scrollTo(0, 0)
    byId(`${name}-title`, HTMLHeadingElement).focus({ preventScroll: true })
}

let place = placeInHistory()

/** A step of the browser's history, for its way back to lead to the screen before: the same address, nothing in it. */
export function addStep(): void {
    history.pushState(null, "")
    place = placeInHistory()
}

/** Calls `turned` when somebody goes back or forth among the steps. Without the Navigation API every turn is one back. */
export function onTurn(turned: (way: "back" | "forth") => void): void {
    // A screen is read from its heading; the browser would scroll to where somebody had left it, after `show` did.
    history.scrollRestoration = "manual"
    window.addEventListener("popstate", () => {
        const before = place
        place = placeInHistory()
        turned(place > before ? "forth" : "back")
    })
}

function placeInHistory(): number {
    const { navigation } = globalThis as { navigation?: { currentEntry?: { index: number } | null } }
    return navigation?.currentEntry?.index ?? 0
}

/** The screens of the form in their order. Emergency numbers are among them only where danger is near. */
export class Path {
    /** What its reporter went past without an answer. */
    readonly skipped = new Set<string>()
    private readonly names: readonly string[]
    private readonly isLeftOut: (name: string) => boolean
    private at = 0

    constructor(names: readonly string[], isLeftOut: (name: string) => boolean) {
        this.names = names
        this.isLeftOut = isLeftOut
    }

    get name(): string {
        return this.names[this.at] ?? ""
    }

    next(): string {
        return this.move(1)
    }

    back(): string {
        return this.move(-1)
    }

    to(name: string): string {
        this.at = Math.max(0, this.names.indexOf(name))
        return this.name
    }

    private move(by: 1 | -1): string {
        do this.at = Math.min(Math.max(this.at + by, 0), this.names.length - 1)
        while (this.isLeftOut(this.name))
        return this.name
    }
}
