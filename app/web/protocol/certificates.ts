/** Who is who: the root that clients pin, and the certificates that it vouches for (docs/protocol.md, section 4). */

import { checkRecipient } from "./age.ts"
import { CODES } from "./codes.ts"
import {
    areEqual,
    checkDay,
    checkFields,
    checkId,
    checkList,
    checkText,
    sha256Hex,
    unb64,
    type Bytes,
} from "./encoding.ts"
import { Malformed, NotAuthentic } from "./errors.ts"
import { verifySignatures, type Document, type Signature } from "./documents.ts"

/** A person as a root or a certificate vouches for them. `key` is 32 bytes. */
export interface Certified {
    person: string
    roles: readonly string[]
    recipient: string
    key: Bytes
}

interface Term {
    certified: Certified
    from: string
    until: string
}

/** The pinned root, and what it vouches for. Made of documents that came from anywhere: all are checked here. */
export class Trust {
    readonly org: string
    private readonly supervisors: ReadonlyMap<string, Certified>
    private readonly terms: readonly Term[]

    private constructor(org: string, supervisors: ReadonlyMap<string, Certified>, terms: readonly Term[] = []) {
        this.org = org
        this.supervisors = supervisors
        this.terms = terms
    }

    /** Raises `NotAuthentic` unless this is the root that was pinned and a supervisor whom it lists signed it. */
    static pinned(root: Document, pin: string): Trust {
        if (root.header.type !== "root" || root.header.org !== null || sha256Hex(root.line) !== pin)
            throw new NotAuthentic("pin")
        const trust = new Trust(pin, readSupervisors(root.header.body))
        if (!verifySignatures(root).every((each) => trust.isSupervisors(each))) throw new NotAuthentic("root-signature")
        return trust
    }

    /** The same root with these certificates beside it. Raises `NotAuthentic` for one that it does not vouch for. */
    withCertificates(certificates: readonly Document[]): Trust {
        return new Trust(this.org, this.supervisors, [...this.terms, ...certificates.map((each) => this.term(each))])
    }

    /** A public document of the organisation, signed by a supervisor of the root. Raises `NotAuthentic`. */
    checkPublic(document: Document, type: string): Document {
        if (document.header.type !== type || document.header.org !== this.org) throw new NotAuthentic("type")
        const [signature, ...others] = verifySignatures(document)
        if (!signature || others.length || !this.isSupervisors(signature)) throw new NotAuthentic("signer")
        if (signature.by !== document.header.author) throw new NotAuthentic("author")
        return document
    }

    /** The one certified person who signed the document, whom its line 1 names as author. Raises `NotAuthentic`. */
    authorOf(document: Document, day: string): Certified {
        const [signature, ...others] = verifySignatures(document)
        if (!signature || others.length || signature.by !== document.header.author) throw new NotAuthentic("author")
        return this.certified(signature, day)
    }

    private certified(signature: Signature, day: string): Certified {
        const supervisor = this.supervisors.get(signature.by)
        const terms = this.terms
            .filter(({ certified, from, until }) => certified.person === signature.by && from <= day && day <= until)
            // The newest first: the service, which chooses their order, must not choose the key.
            .sort((one, other) => (one.from < other.from ? 1 : -1))
        for (const each of [...(supervisor ? [supervisor] : []), ...terms.map(({ certified }) => certified)])
            if (areEqual(each.key, signature.key)) return each
        throw new NotAuthentic("uncertified")
    }

    private isSupervisors(signature: Signature): boolean {
        const supervisor = this.supervisors.get(signature.by)
        return supervisor !== undefined && areEqual(supervisor.key, signature.key)
    }

    private term(document: Document): Term {
        this.checkPublic(document, "certificate")
        const { roles, recipient, key, from, until } = checkFields(document.header.body, [
            ...CERTIFIED,
            "from",
            "until",
        ])
        return {
            certified: readCertified(document.header.subject, { roles, recipient, key }),
            from: checkDay(from),
            until: checkDay(until),
        }
    }
}

const CERTIFIED = ["roles", "recipient", "key"] as const

function readSupervisors(body: object): Map<string, Certified> {
    const { k, supervisors } = checkFields(body, ["k", "supervisors"])
    const found = new Map<string, Certified>()
    for (const entry of checkList(supervisors)) {
        const { id, roles, recipient, key } = checkFields(entry, ["id", ...CERTIFIED])
        const supervisor = readCertified(checkId(id, "per"), { roles, recipient, key })
        if (!supervisor.roles.includes("supervisor") || found.has(supervisor.person))
            throw new Malformed("a root lists supervisors")
        found.set(supervisor.person, supervisor)
    }
    if (k !== 1 || found.size === 0) throw new Malformed("a root of another form")
    return found
}

function readCertified(person: string, said: Record<(typeof CERTIFIED)[number], unknown>): Certified {
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
