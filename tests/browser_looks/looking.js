// Looks at a page as it stands, and names what is wrong with it. Nothing here changes it.

const TOUCH = 48 // pixels that a thumb hits
const SLACK = 1 // pixel, for fractions
const CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary"

const all = (selector) => [...document.querySelectorAll(selector)].filter(isVisible)
const isVisible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true })

/** Where it stands, in a few words, for whoever mends it. */
function named(element) {
    const marks = [element.id && `#${element.id}`, ...[...element.classList].map((name) => `.${name}`)]
    const words = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40)
    return `<${element.tagName.toLowerCase()}${marks.join("")}> ${words}`
}

/** The lines of all text, each with the box that holds it. */
function* lines() {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
        const text = texts.currentNode
        if (!text.data.trim() || text.parentElement.closest("option") || !isVisible(text.parentElement)) continue
        let box = text.parentElement
        while (getComputedStyle(box).display === "inline") box = box.parentElement
        const range = document.createRange()
        range.selectNodeContents(text)
        for (const line of range.getClientRects()) yield { line, box }
    }
}

/** A table may be wider than the page, where its frame scrolls and can be reached by keyboard. */
const scrolls = (element) => element.closest(".wide") !== null

// Attributes whose value is of a language: what counts is whether it is empty.
const OF_A_LANGUAGE = new Set(
    "action alt aria-label aria-valuetext content dir href hreflang label lang max name placeholder title value".split(" "),
)

// What stands on every page of a language that has it, and by itself.
const NOTICES = ".unreviewed"

/**
 * Of several alike in a row the first stands for all. Each language marks another link, and has its own alphabet, by
 * which rows have their order.
 */
function shapeOf(node) {
    if (node.nodeType === Node.TEXT_NODE) return node.data.trim() && "text"
    if (node.nodeType !== Node.ELEMENT_NODE || node.matches(NOTICES)) return ""
    const attributes = [...node.attributes].map(({ name, value }) => `${name}=${OF_A_LANGUAGE.has(name) ? value !== "" : value}`)
    const inside = node.matches(".languages, select") ? [] : [...node.childNodes].map(shapeOf).filter(Boolean)
    if (node.matches("tbody")) inside.sort()
    return `${node.localName} ${attributes.join(" ")} (${inside.filter((each, place) => each !== inside[place - 1]).join()})`
}

globalThis.looking = {
    /** The page as it is in every language, all but its words; and each notice that stands on it, with where. */
    shapes: () => [
        shapeOf(document.documentElement),
        ...all(NOTICES).map(({ parentElement, className, tagName }) => `${parentElement.tagName} ${tagName} ${className}`),
    ],

    /** What makes the page wider than its window. */
    tooWide() {
        const width = document.documentElement.clientWidth
        if (document.scrollingElement.scrollWidth <= width) return []
        const beside = all("body *").filter((element) => {
            const { left, right } = element.getBoundingClientRect()
            return !scrolls(element) && (left < -SLACK || right > width + SLACK)
        })
        return ["the page", ...beside.slice(0, 3).map(named)]
    },

    /** Text that runs out of its box or of the page, and boxes that hide a part of it. */
    cutOff() {
        const width = document.documentElement.clientWidth
        const found = new Set()
        for (const { line, box } of lines()) {
            if (line.width === 0 || scrolls(box)) continue
            const style = getComputedStyle(box)
            // A space at the end of a line that keeps its spaces hangs over.
            const slack = style.whiteSpaceCollapse === "preserve" ? parseFloat(style.fontSize) / 2 : SLACK
            const { left, right } = box.getBoundingClientRect()
            if (line.left < Math.max(left, 0) - slack || line.right > Math.min(right, width) + slack) found.add(box)
        }
        for (const box of all("body *")) {
            const hides = ["hidden", "clip"].includes(getComputedStyle(box).overflowY)
            if (hides && box.scrollHeight > box.clientHeight + SLACK) found.add(box)
        }
        return [...found].map(named)
    },

    /** Controls that a thumb may miss. A choice has the whole box of its label; a link in a sentence, none of its own. */
    tooSmall() {
        const inSentence = (control) =>
            control.tagName === "A" && getComputedStyle(control).display === "inline" && control.previousSibling?.data?.trim()
        return all(CONTROLS)
            .filter((control) => !inSentence(control))
            .filter((control) => {
                const { width, height } = (control.closest(".choice") ?? control).getBoundingClientRect()
                return width < TOUCH - SLACK || height < TOUCH - SLACK
            })
            .map(named)
    },

    /** What is under the way out when somebody comes to it from below; and words that begin there. */
    covered() {
        const leave = document.getElementById("leave")
        const isUnder = (box) => {
            const over = leave.getBoundingClientRect()
            return (
                box.bottom > over.top + SLACK &&
                box.top < over.bottom - SLACK &&
                box.right > over.left + SLACK &&
                box.left < over.right - SLACK
            )
        }
        const before = scrollY
        scrollTo(0, 0)
        const words = [...lines()].filter(({ line, box }) => !leave.contains(box) && isUnder(line)).map(({ box }) => box)
        const controls = all(`${CONTROLS}, [tabindex]`).filter((control) => {
            if (control === leave) return false
            scrollTo(0, document.documentElement.scrollHeight)
            const whole = control.closest(".choice") ?? control
            // Of what is higher than the window, its beginning.
            const room = innerHeight - leave.getBoundingClientRect().bottom
            whole.scrollIntoView({ block: whole.getBoundingClientRect().height < 0.8 * room ? "nearest" : "start" })
            return isUnder(whole.getBoundingClientRect())
        })
        scrollTo(0, before)
        return [...new Set([...words, ...controls])].map(named)
    },

    /** What moves, or would. */
    moving() {
        const moves = ({ animationName, transitionDuration }) =>
            animationName !== "none" || transitionDuration.split(", ").some((each) => each !== "0s")
        const still = [...document.getAnimations()].map(({ effect }) => effect.target)
        return [...still, ...all("*").filter((element) => moves(getComputedStyle(element)))].map(named)
    },

    /** Buttons, fields and choices without an edge against their ground, and choices that look the same when made. */
    faint() {
        const hasEdge = (element) => {
            const { borderTopWidth, borderTopStyle, borderTopColor } = getComputedStyle(element)
            const ground = getComputedStyle(document.body).backgroundColor
            return parseFloat(borderTopWidth) > 0 && borderTopStyle !== "none" && borderTopColor !== ground
        }
        const edge = (choice) => getComputedStyle(choice).borderTopWidth
        const made = all(".choice:has(:checked)").map(edge)
        const open = all(".choice:not(:has(:checked))").map(edge)
        const alike = made.some((width) => open.includes(width)) ? ["choices"] : []
        return [...all(".button, .leave, .choice, textarea, select").filter((each) => !hasEdge(each)).map(named), ...alike]
    },

    /** Whether what has the focus now says so, and is not behind the button that stays at the top. */
    unseenFocus() {
        const focused = document.activeElement
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(focused)
        const isMarked = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && !outlineColor.endsWith(", 0)")
        const leave = document.getElementById("leave")
        const [own, above] = [focused.getBoundingClientRect(), leave.getBoundingClientRect()]
        const isCovered =
            focused !== leave &&
            own.left >= above.left && own.right <= above.right && own.top >= above.top && own.bottom <= above.bottom
        return isMarked && !isCovered ? [] : [named(focused)]
    },
}
