/**
 * Who of staff wrote a sealed document, and whether they may have (docs/protocol.md, section 9, step 4). A reporter's
 * client asks for nothing that staff sign.
 */

import { CERTIFIED, readCertified, type Certified, type Trust } from "./certificates.ts"
import { verifySignatures, type Document, type Signature } from "./documents.ts"
import { areEqual, checkAt, checkDay, checkFields, dayOf } from "./encoding.ts"
import { NotAuthentic } from "./errors.ts"

// By how much the writer's clock may be ahead of the reader's.
const CLOCK_SKEW_MS = 86_400_000

// Which roles may write which sealed type.
const WRITERS = new Map([
    ["case", ["triager", "caseworker", "supervisor"]],
    ["members", ["triager", "caseworker", "supervisor", "custodian"]],
    ["consent", ["triager", "caseworker", "supervisor"]],
    ["approval", ["triager", "caseworker", "supervisor"]],
])
// Of these the role does not decide alone: the people who may have written them are asked for by name.
const NAMED_WRITERS = new Set(["case", "consent", "approval"])

interface Term {
    certified: Certified
    from: string
    until: string
}

/** The certificates that a pinned root vouches for. */
export class Certificates {
    private readonly trust: Trust
    private readonly terms: readonly Term[]

    /** Raises `NotAuthentic` for a certificate that the root does not vouch for. */
    constructor(trust: Trust, certificates: readonly Document[]) {
        this.trust = trust
        this.terms = certificates.map((each) => readTerm(trust.checkPublic(each, "certificate")))
    }

    /** The one certified person who signed the document, whom its line 1 names as author. Raises `NotAuthentic`. */
    authorOf(document: Document, day: string): Certified {
        const [signature, ...others] = verifySignatures(document)
        if (!signature || others.length || signature.by !== document.header.author) throw new NotAuthentic("author")
        return this.certified(signature, day)
    }

    private certified({ by, key }: Signature, day: string): Certified {
        const supervisor = this.trust.supervisors.get(by)
        const terms = this.terms
            .filter(({ certified, from, until }) => certified.person === by && from <= day && day <= until)
            // The newest first: the service, which chooses their order, must not choose the key.
            .sort((one, other) => (one.from < other.from ? 1 : -1))
        for (const each of [...(supervisor ? [supervisor] : []), ...terms.map(({ certified }) => certified)])
            if (areEqual(each.key, key)) return each
        throw new NotAuthentic("uncertified")
    }
}

/** Checks that a document is by somebody who may write it. `writers` are ids of people, `today` is the reader's day. */
export function signedBy(
    certificates: Certificates,
    { writers, today }: { writers?: ReadonlySet<string>; today: string },
): (document: Document) => Certified {
    return (document) => {
        const { type, at } = document.header
        const written = checkAt(at)
        if (written > dayOf(Date.parse(`${today}T00:00Z`) + CLOCK_SKEW_MS)) throw new NotAuthentic("at")
        const author = certificates.authorOf(document, written)
        if (!author.roles.some((role) => WRITERS.get(type)?.includes(role))) throw new NotAuthentic("role")
        const isNamed = writers?.has(author.person) ?? !NAMED_WRITERS.has(type)
        if (!isNamed) throw new NotAuthentic("not-a-writer")
        return author
    }
}

function readTerm(document: Document): Term {
    const { roles, recipient, key, from, until } = checkFields(document.header.body, [...CERTIFIED, "from", "until"])
    return {
        certified: readCertified(document.header.subject, { roles, recipient, key }),
        from: checkDay(from),
        until: checkDay(until),
    }
}
