/** Roots: whose word the organisation is, and how one root follows another (docs/protocol.md, section 4). */

import { checkRecipient } from "./age.ts"
import { CODES } from "./codes.ts"
import {
    b64,
    checkAt,
    checkFields,
    checkHash,
    checkHashOrNull,
    checkId,
    checkList,
    checkNumber,
    checkText,
    sha256Hex,
    unb64,
    type Bytes,
} from "./encoding.ts"
import { Malformed, NotAuthentic, Rollback } from "./errors.ts"
import { verifySignatures, type Document, type Signature } from "./documents.ts"

/** A person as a root vouches for them. `key` is 32 bytes. */
interface Certified {
    person: string
    roles: readonly string[]
    recipient: string
    key: Bytes
}

/** What a root says. `holders` are all its keys, as `holder` writes them; `sha256` is that of its line 1. */
export interface Root {
    document: Document
    k: number
    supervisors: ReadonlyMap<string, Certified>
    holders: ReadonlySet<string>
    kept: readonly string[]
    keptStaff: string | null
    sha256: string
}

/** What people hand on to one another: the organisation, and the newest root that they know of it. */
export interface Pin {
    org: string
    root: { version: number; sha256: string }
}

/** What the document says, whoever signed it. Raises `Malformed`. */
export function readRoot(document: Document): Root {
    const said = checkFields(document.header.body, ["k", "supervisors", "paper", "kept", "kept_staff"])
    const supervisors = new Map<string, Certified>()
    for (const entry of checkList(said.supervisors)) {
        const supervisor = readSupervisor(entry)
        if (supervisors.has(supervisor.person)) throw new Malformed("a root lists supervisors")
        supervisors.set(supervisor.person, supervisor)
    }
    const papers = new Map<string, Bytes>()
    for (const entry of checkList(said.paper)) {
        const { id, key } = checkFields(entry, ["id", "key"])
        const paper = checkId(id, "paper")
        if (papers.has(paper)) throw new Malformed("a root lists papers")
        papers.set(paper, unb64(checkText(key), 32))
    }
    const keys = [...[...supervisors.values()].map((each) => each.key), ...papers.values()].map(b64)
    const recipients = new Set([...supervisors.values()].map((each) => each.recipient))
    if (supervisors.size === 0 || new Set(keys).size < keys.length || recipients.size < supervisors.size)
        throw new Malformed("a root lists supervisors, each key once")
    // With as many signatures as keys the first loss would end the organisation; a paper never signs alone.
    const k = checkNumber(said.k, papers.size > 0 ? 2 : 1, Math.max(keys.length - 1, 1))
    const kept = checkList(said.kept).map(checkHash)
    if (!isAscending(kept)) throw new Malformed("a root keeps hashes in their order")
    return {
        document,
        k,
        supervisors,
        holders: new Set([
            ...[...supervisors.values()].map((each) => holder({ by: each.person, key: each.key })),
            ...[...papers].map(([by, key]) => holder({ by, key })),
        ]),
        kept,
        keptStaff: checkHashOrNull(said.kept_staff),
        sha256: sha256Hex(document.line),
    }
}

/** Raises `NotAuthentic` unless the first root is signed by `k` of its own keys, and `Malformed` where it keeps something. */
export function checkFirst(root: Root): void {
    checkSigned(root, root)
    if (root.kept.length > 0 || root.keptStaff !== null) throw new Malformed("a first root keeps nothing")
}

/** Raises `NotAuthentic` unless it is the next root after `before`, signed as both of them demand. */
export function checkRootFollows(root: Root, before: Root, org: string): void {
    const { header } = root.document
    const { at, version } = before.document.header
    if (header.org !== org || checkAt(header.at) < checkAt(at)) throw new NotAuthentic("root-chain")
    if (header.version !== version + 1 || header.previous !== before.sha256) throw new NotAuthentic("root-chain")
    checkSigned(root, before)
}

/** Raises `NotAuthentic` unless the roots have the one that is known at its place. */
export function checkContains(roots: readonly Root[], { version, sha256 }: Pin["root"]): void {
    const there = roots[version - 1]
    if (!there) throw new Rollback("root")
    if (there.sha256 !== sha256) throw new NotAuthentic("root-fork")
}

/** `ORG`, or `ORG.VERSION.HASH` where a later root is known. Raises `Malformed`. */
export function readPin(text: string): Pin {
    const [org = "", version, sha256, ...more] = text.split(".")
    checkHash(org)
    if (version === undefined) return { org, root: { version: 1, sha256: org } }
    if (more.length > 0 || !/^[1-9][0-9]{0,14}$/.test(version)) throw new Malformed("not a pin")
    return { org, root: { version: checkNumber(Number(version), 2, Number.MAX_SAFE_INTEGER), sha256: checkHash(sha256) } }
}

/** A key, and whose it is. */
export function holder({ by, key }: Pick<Signature, "by" | "key">): string {
    return `${by} ${b64(key)}`
}

/** By `k` keys of either, each once, in the order of who holds them; its author's is one of the root before. */
function checkSigned(root: Root, before: Root): void {
    const signatures = verifySignatures(root.document)
    const signers = signatures.map(holder)
    if (!isAscending(signers) || !signers.every((each) => before.holders.has(each) || root.holders.has(each)))
        throw new NotAuthentic("root-signature")
    const author = signatures.find((each) => each.by === root.document.header.author && before.holders.has(holder(each)))
    if (!author) throw new NotAuthentic("author")
    for (const { holders, k } of [before, root])
        if (signers.filter((each) => holders.has(each)).length < k) throw new NotAuthentic("root-k")
}

export function isAscending(texts: readonly string[]): boolean {
    return texts.every((text, place) => place === 0 || (texts[place - 1] ?? "") < text)
}

function readSupervisor(entry: unknown): Certified {
    const said = checkFields(entry, ["id", "roles", "recipient", "key"])
    const roles = checkList(said.roles).map(checkText)
    if (!isAscending(roles) || !roles.every((role) => CODES.role.includes(role)))
        throw new Malformed("a certificate of another form")
    if (!roles.includes("supervisor")) throw new Malformed("a root lists supervisors")
    return {
        person: checkId(said.id, "per"),
        roles,
        recipient: checkRecipient(said.recipient),
        key: unb64(checkText(said.key), 32),
    }
}
