/** Finding and making elements. Text goes in as text: nothing here ever reads HTML. */

/** The element of this id. A template that lost it is a bug, seen at once. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
    const found = document.getElementById(id)
    if (!(found instanceof kind)) throw new Error(`the page has no ${id}`)
    return found
}

export function make<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    properties: Partial<HTMLElementTagNameMap[Name]> = {},
    ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
    const made = Object.assign(document.createElement(name), properties)
    made.append(...children)
    return made
}

/** What somebody else wrote, or a name or number: it runs in its own direction and turns nothing around it. */
export function isolated(text: string): HTMLElement {
    return make("bdi", {}, text)
}

export function button(text: string, pressed: () => void, className = "quiet"): HTMLButtonElement {
    const made = make("button", { type: "button", className }, text)
    made.addEventListener("click", pressed)
    return made
}

/**
 * Read out, a button says what it does to which thing: "Change" of a question, "Take away" of a file. What stands on it
 * comes first and unbroken in every language, so that whoever speaks to the device can say it (WCAG 2.5.3).
 */
export function nameAfter(control: HTMLButtonElement, thing: HTMLElement): void {
    control.id = `${thing.id}-button`
    control.setAttribute("aria-labelledby", `${control.id} ${thing.id}`)
}
