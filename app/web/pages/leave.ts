/** The way out: the button at the top and the key Esc three times. Wipes what it can reach, then replaces the page. */

const BLANK = "about:blank"
const WITHIN_MILLISECONDS = 3_000
const TIMES = 3

let leaveTo = BLANK
// From the moment in which the page is wiped nothing on it can be lost.
let isWiped = false

/** From now on the page can be left; `forget` ends the worker and overwrites its keys. */
export function watchForLeaving(forget: () => void): void {
    const leave = () => {
        // Its answer tells the browser to drop what it has of these pages, which it does for no request without
        // credentials; there are none here. Nobody waits for it.
        fetch("/leave", { method: "POST", keepalive: true, credentials: "same-origin" }).catch(() => undefined)
        wipe()
        forget()
        // No entry of the history leads back to this page.
        location.replace(leaveTo)
    }
    for (const control of document.querySelectorAll("#leave, [data-leave]")) {
        control.addEventListener("click", (event) => {
            event.preventDefault()
            leave()
        })
    }
    const presses = new Presses()
    document.addEventListener("keydown", (event) => {
        // Whoever writes Chinese takes back a half-typed word with the same key.
        if (event.key === "Escape" && !event.isComposing && presses.enough(event.timeStamp)) leave()
    })
    // A browser may keep the page as it is, to show it again when somebody goes back.
    window.addEventListener("pagehide", () => {
        wipe()
        forget()
    })
    window.addEventListener("pageshow", (event) => {
        if (event.persisted) location.reload()
    })
    // From one page of ours to another without an entry in the history.
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-replace]")) {
        link.addEventListener("click", (event) => {
            event.preventDefault()
            location.replace(link.href)
        })
    }
}

/** Whoever leaves by another way, perhaps by a slip, is asked first while `wouldLose` says that something would be lost. */
export function askBeforeLeaving(wouldLose: () => boolean): void {
    window.addEventListener("beforeunload", (event) => {
        if (!isWiped && wouldLose()) event.preventDefault()
    })
}

/** Leaving leads to `address`, which the organisation chose, instead of a blank page. */
export function leaveFor(address: string): void {
    if (address.startsWith("https://")) leaveTo = address
}

/** Counts presses that come quickly enough after one another to be meant. */
export class Presses {
    private times: number[] = []

    enough(now: number): boolean {
        this.times = [...this.times.filter((time) => now - time < WITHIN_MILLISECONDS), now]
        return this.times.length >= TIMES
    }
}

function wipe(): void {
    isWiped = true
    for (const field of document.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")) {
        field.value = ""
    }
    for (const form of document.forms) form.reset()
    document.body.replaceChildren()
}
