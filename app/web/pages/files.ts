/** The files that will be sent along: what each says beside its picture, and a way to take that out or the file away. */

import { characters } from "../protocol/encoding.ts"
import type { Picked } from "../reporter/api.ts"
import { button, byId, isolated, make, nameAfter } from "./elements.ts"
import type { Fact } from "./exif.ts"
import { BEGINNING, inspect, isUnderstood } from "./metadata.ts"
import { MOST_FILES, type Mistake } from "./mistakes.ts"
import { size, word } from "./words.ts"

// What the protocol can say; how much the team takes is known a moment later.
const LARGEST = 2 ** 30
const NAME_LENGTH = 255
const TYPE = /^[ -~]{1,127}$/
// Such files may say a lot, which we do not read. Of a plain text, what one sees is all.
const SAYS_ALL = "text/plain"

interface Chosen {
    name: string
    type: string
    original: Blob
    facts: Fact[] | null
    /** The copy without what the file says; always the same one, so that it is sealed once. */
    clean: Blob | null
    isCleaned: boolean
}

export class Files {
    private chosen: Chosen[] = []
    private limit = LARGEST
    private readonly list = byId("file-list", HTMLUListElement)
    private readonly field = byId("files", HTMLInputElement)
    private readonly mistaken: (mistakes: Mistake[]) => void

    /** `mistaken` is told, with sentences, of files that cannot be added. */
    constructor(mistaken: (mistakes: Mistake[]) => void) {
        this.mistaken = mistaken
        this.field.addEventListener("change", () => void this.add([...(this.field.files ?? [])]))
    }

    get count(): number {
        return this.chosen.length
    }

    /** The largest file that the team takes, in bytes. */
    setLimit(bytes: number): void {
        this.limit = bytes
        byId("files-limit", HTMLParagraphElement).textContent = word("files-limit", { size: size(bytes), n: MOST_FILES })
    }

    picked(): Picked[] {
        return this.chosen.map(({ name, type, original, clean, isCleaned }) => {
            return { name, type, blob: isCleaned && clean ? clean : original }
        })
    }

    /** Take these away, which were sent; what was added since stays. */
    remove(sent: readonly Picked[]): void {
        const blobs = new Set(sent.map(({ blob }) => blob))
        this.chosen = this.chosen.filter(({ original, clean }) => !blobs.has(original) && !(clean && blobs.has(clean)))
        this.draw()
    }

    clear(): void {
        this.chosen = []
        this.draw()
    }

    private async add(files: readonly File[]): Promise<void> {
        const mistakes: Mistake[] = []
        for (const file of files) {
            if (this.count === MOST_FILES) {
                mistakes.push({ place: "files", sentence: word("too-many-files", { n: MOST_FILES }) })
                break
            }
            if (file.size > this.limit) {
                const sentence = word("file-too-large", { name: file.name, size: size(this.limit) })
                mistakes.push({ place: "files", sentence })
                continue
            }
            try {
                this.chosen.push(await chosen(file))
            } catch {
                // The device took the file back, or the person did.
                mistakes.push({ place: "files", sentence: word("file-unreadable", { name: file.name }) })
            }
        }
        this.field.value = ""
        this.draw()
        this.mistaken(mistakes)
    }

    private draw(): void {
        this.list.replaceChildren(...this.chosen.map((each, place) => this.entry(each, place)))
    }

    private entry(chosen: Chosen, place: number): HTMLLIElement {
        const name = make("span", { id: `file-${place}` }, isolated(chosen.name))
        const bytes = make("span", { className: "size" }, isolated(size(chosen.original.size)))
        const takeAway = button(word("take-away"), () => {
            this.chosen = this.chosen.filter((other) => other !== chosen)
            this.draw()
            this.field.focus()
        })
        nameAfter(takeAway, name)
        const about = chosen.isCleaned ? this.cleaned(chosen) : this.says(chosen)
        return make("li", {}, make("div", { className: "file" }, name, bytes, takeAway), ...about)
    }

    private says(chosen: Chosen): HTMLElement[] {
        const { facts, clean, type } = chosen
        if (type.startsWith(SAYS_ALL)) return []
        if (!facts) return [make("p", {}, word("tells-more"))]
        if (facts.length === 0) return [make("p", {}, word("tells-nothing"))]
        const list = make("ul", {}, ...saidBy(facts).map((each) => make("li", {}, each)))
        const about = [make("p", {}, word("tells")), list, make("p", {}, word("tells-keep"))]
        return clean ? [...about, this.turn(chosen, true)] : about
    }

    private cleaned(chosen: Chosen): HTMLElement[] {
        return [make("p", {}, word("stripped")), this.turn(chosen, false)]
    }

    private turn(chosen: Chosen, isCleaned: boolean): HTMLButtonElement {
        return button(
            word(isCleaned ? "strip" : "unstrip"),
            () => {
                chosen.isCleaned = isCleaned
                const place = this.chosen.indexOf(chosen)
                this.draw()
                // The button is another one now; who came by keyboard stays where they were.
                this.list.children[place]?.querySelector<HTMLElement>(":scope > button")?.focus()
            },
            "button second",
        )
    }
}

async function chosen(file: File): Promise<Chosen> {
    const type = TYPE.test(file.type) ? file.type : "application/octet-stream"
    const name = characters(file.name).slice(0, NAME_LENGTH).join("")
    // A long film is not read into memory to learn that it is no photo.
    const isPhoto = isUnderstood(new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer()))
    const inspection = isPhoto ? inspect(new Uint8Array(await file.arrayBuffer())) : null
    const clean = inspection?.clean ? new Blob([inspection.clean], { type }) : null
    return { name, type, original: file, facts: inspection?.facts ?? null, clean, isCleaned: false }
}

/** What programs write for programs is told once, and not how they call it. */
function saidBy(facts: readonly Fact[]): string[] {
    return [...new Set(facts.map(({ kind, value }) => word(`fact-${kind}`, { value })))]
}
