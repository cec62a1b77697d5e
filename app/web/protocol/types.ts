/** The types that a reporter's client reads or writes. Written by `python -m app.site.types`. */

/** The lengths of plaintexts with their padding by kind, in bytes, smallest first. */
export const CLASSES = {
    grant: [4096],
    slot: [4096],
    message: [4096, 16384, 65536],
    report: [8192, 16384, 32768, 65536, 262144, 1048576],
}

/** What is sealed, as far as its length is concerned. */
export type Kind = keyof typeof CLASSES

export interface Type {
    /** The prefix of the ids that it is about; null where the subject is the type's own name. */
    subject: string | null
    provedBy: "signatures" | "mac" | "nothing"
    /** Whether there are versions after the first. */
    isChained: boolean
    /** Null where it is public. */
    kind: Kind | null
}

export const TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
    ["root", { subject: null, provedBy: "signatures", isChained: true, kind: null }],
    ["loss", { subject: null, provedBy: "signatures", isChained: false, kind: null }],
    ["service-key", { subject: null, provedBy: "signatures", isChained: true, kind: null }],
    ["intake", { subject: null, provedBy: "signatures", isChained: true, kind: null }],
    ["report", { subject: "rep", provedBy: "nothing", isChained: false, kind: "report" }],
    ["thread-state", { subject: "rep", provedBy: "mac", isChained: true, kind: "slot" }],
    ["state", { subject: "rep", provedBy: "nothing", isChained: true, kind: "slot" }],
    ["message.staff", { subject: "rep", provedBy: "mac", isChained: false, kind: "slot" }],
    ["message.reporter", { subject: "rep", provedBy: "mac", isChained: false, kind: "message" }],
])
