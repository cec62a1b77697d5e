/** Who is who: the root that clients pin, and what it vouches for (docs/protocol.md, section 4). */

import { checkRecipient } from "./age.ts"
import { CODES } from "./codes.ts"
import { areEqual, checkFields, checkId, checkList, checkText, sha256Hex, unb64, type Bytes } from "./encoding.ts"
import { Malformed, NotAuthentic } from "./errors.ts"
import { verifySignatures, type Document, type Signature } from "./documents.ts"

/** A person as a root or a certificate vouches for them. `key` is 32 bytes. */
export interface Certified {
    person: string
    roles: readonly string[]
    recipient: string
    key: Bytes
}

/** The pinned root and its supervisors. Made of documents that came from anywhere: all are checked here. */
export class Trust {
    readonly org: string
    readonly supervisors: ReadonlyMap<string, Certified>

    private constructor(org: string, supervisors: ReadonlyMap<string, Certified>) {
        this.org = org
        this.supervisors = supervisors
    }

    /** Raises `NotAuthentic` unless this is the root that was pinned and a supervisor whom it lists signed it. */
    static pinned(root: Document, pin: string): Trust {
        if (root.header.type !== "root" || root.header.org !== null || sha256Hex(root.line) !== pin)
            throw new NotAuthentic("pin")
        const trust = new Trust(pin, readSupervisors(root.header.body))
        if (!verifySignatures(root).every((each) => trust.isSupervisors(each))) throw new NotAuthentic("root-signature")
        return trust
    }

    /** A public document of the organisation, signed by a supervisor of the root. Raises `NotAuthentic`. */
    checkPublic(document: Document, type: string): Document {
        if (document.header.type !== type || document.header.org !== this.org) throw new NotAuthentic("type")
        const [signature, ...others] = verifySignatures(document)
        if (!signature || others.length || !this.isSupervisors(signature)) throw new NotAuthentic("signer")
        if (signature.by !== document.header.author) throw new NotAuthentic("author")
        return document
    }

    private isSupervisors(signature: Signature): boolean {
        const supervisor = this.supervisors.get(signature.by)
        return supervisor !== undefined && areEqual(supervisor.key, signature.key)
    }
}

function readSupervisors(body: object): Map<string, Certified> {
    const { k, supervisors } = checkFields(body, ["k", "supervisors"])
    const found = new Map<string, Certified>()
    for (const entry of checkList(supervisors)) {
        const { id, roles, recipient, key } = checkFields(entry, ["id", "roles", "recipient", "key"])
        const supervisor = readCertified(checkId(id, "per"), { roles, recipient, key })
        if (!supervisor.roles.includes("supervisor") || found.has(supervisor.person))
            throw new Malformed("a root lists supervisors")
        found.set(supervisor.person, supervisor)
    }
    if (k !== 1 || found.size === 0) throw new Malformed("a root of another form")
    return found
}

function readCertified(person: string, said: Record<"roles" | "recipient" | "key", unknown>): Certified {
    const roles = checkList(said.roles).map(checkText)
    const isOrdered = roles.every((role, place) => place === 0 || (roles[place - 1] ?? "") < role)
    if (!isOrdered || !roles.every((role) => CODES.role.includes(role)))
        throw new Malformed("a certificate of another form")
    return {
        person: checkId(person, "per"),
        roles,
        recipient: checkRecipient(said.recipient),
        key: unb64(checkText(said.key), 32),
    }
}
