/** Who is who: the roots that lead from the pin, and what they vouch for (docs/protocol.md, section 4). */

import { sha256Hex } from "./encoding.ts"
import { NotAuthentic } from "./errors.ts"
import { signaturesOf, textOf, verifySignatures, type Document, type Signature } from "./documents.ts"
import { checkFirst, checkRootFollows, holder, readPin, readRoot, type Root } from "./roots.ts"

/** The roots from the pinned one on. Made of documents that came from anywhere: all are checked here. */
export class Trust {
    readonly org: string
    readonly roots: readonly [Root, ...Root[]]

    private constructor(org: string, roots: readonly [Root, ...Root[]]) {
        this.org = org
        this.roots = roots
    }

    /** Raises `NotAuthentic` unless this is the root that was pinned, signed by as many of its keys as it demands. */
    static pinned(document: Document, pin: string): Trust {
        const { org } = readPin(pin)
        const { type, org: named } = document.header
        if (type !== "root" || named !== null || sha256Hex(document.line) !== org) throw new NotAuthentic("pin")
        const root = readRoot(document)
        checkFirst(root)
        return new Trust(org, [root])
    }

    /** The newest root. */
    get root(): Root {
        return this.roots.at(-1) ?? this.roots[0]
    }

    /** The same with the next root. Raises `NotAuthentic` unless it follows the newest. */
    followedBy(document: Document): Trust {
        const root = readRoot(document)
        checkRootFollows(root, this.root, this.org)
        return new Trust(this.org, [...this.roots, root])
    }

    /** A public document of the organisation that counts (`counts`). Raises `NotAuthentic`. */
    checkPublic(document: Document, type: string): Document {
        this.checkSigned(document, type)
        if (!this.counts(document)) throw new NotAuthentic("not-kept")
        return document
    }

    /** The same as it is added to the key log: by a supervisor of the newest root. Raises `NotAuthentic`. */
    checkEntry(document: Document, type: string): Document {
        const signature = this.checkSigned(document, type)
        if (!isSupervisors(this.root, signature)) throw new NotAuthentic("signer")
        return document
    }

    /** Whether the newest root stands behind what a supervisor has signed: it lists its signer, or keeps it. */
    counts(document: Document): boolean {
        return (
            signaturesOf(document).every((each) => isSupervisors(this.root, each)) ||
            this.root.kept.includes(sha256Hex(textOf(document)))
        )
    }

    /** The signature, by a supervisor of one of the roots. Raises `NotAuthentic`. */
    private checkSigned(document: Document, type: string): Signature {
        if (document.header.type !== type || document.header.org !== this.org) throw new NotAuthentic("type")
        const [signature, ...others] = verifySignatures(document)
        if (!signature || others.length || !this.roots.some((root) => isSupervisors(root, signature)))
            throw new NotAuthentic("signer")
        if (signature.by !== document.header.author) throw new NotAuthentic("author")
        return signature
    }
}

/** Whether it is by a supervisor whom the root lists, under the key that stands there. It is not verified here. */
function isSupervisors(root: Root, signature: Signature): boolean {
    return root.supervisors.has(signature.by) && root.holders.has(holder(signature))
}
