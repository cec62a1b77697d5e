/** Who reads what is written here, and where its organisation wants a hurried leaving to lead. */

import { byId, isolated } from "./elements.ts"
import { leaveFor } from "./leave.ts"

interface Organisation {
    name: string
    leave_to: string | null
}

/** The page works without an answer: it then names nobody, and leaving leads to a blank page. */
export async function introduce(): Promise<void> {
    // Found first: when the answer comes, somebody may have left, and the page be wiped.
    const shown = byId("organisation", HTMLParagraphElement)
    const answer = await fetch("/organisation.json", { credentials: "omit" }).catch(() => null)
    if (!answer?.ok) return
    const { name, leave_to } = (await answer.json()) as Organisation
    if (leave_to !== null) leaveFor(leave_to)
    shown.replaceChildren(isolated(name))
    shown.hidden = false
}
