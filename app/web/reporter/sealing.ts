/** Files, sealed as a stream: what is in memory is a few blocks, whatever the file's size. */

import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex } from "@noble/hashes/utils.js"

import { encryptStream } from "../protocol/age.ts"
import { newId, type Bytes } from "../protocol/encoding.ts"
import { attachmentClass } from "../protocol/sizes.ts"
import { Failure } from "./api.ts"

const BLOCK_SIZE = 1024 * 1024
// A browser keeps a large Blob outside the memory of scripts.
const PART_SIZE = 4 * BLOCK_SIZE

/** A sealed file that waits to be sent, and what the document that lists it says of it. */
export interface SealedFile {
    id: string
    sealed: Blob
    size: number
    plaintextHash: string
    ciphertextHash: string
}

export interface Sealing {
    recipient: string
    /** The largest true size, from the intake document. */
    limit: number
    progress: (done: number) => void
    cancel?: AbortSignal | undefined
}

/** Seal the file, with zeros up to its class. Rejects with `Failure`: `too-large`, `cancelled`, `file-unreadable`. */
export async function sealFile(file: Blob, { recipient, limit, progress, cancel }: Sealing): Promise<SealedFile> {
    if (file.size > limit) throw new Failure("too-large", "file")
    const plaintext = new Padded(file, attachmentClass(file.size, limit), progress, cancel)
    const ciphertext = await encryptStream(plaintext.stream(), recipient)
    const hash = sha256.create()
    const sealed = await collect(ciphertext, (block) => hash.update(block))
    return {
        id: newId("att"),
        sealed,
        size: file.size,
        plaintextHash: bytesToHex(plaintext.hash.digest()),
        ciphertextHash: bytesToHex(hash.digest()),
    }
}

/** A file and zeros after it; it hashes the file on its way. */
class Padded {
    readonly hash = sha256.create()
    private readonly file: Blob
    private readonly whole: number
    private readonly progress: (done: number) => void
    private readonly cancel: AbortSignal | undefined
    private place = 0

    constructor(file: Blob, whole: number, progress: (done: number) => void, cancel: AbortSignal | undefined) {
        this.file = file
        this.whole = whole
        this.progress = progress
        this.cancel = cancel
    }

    stream(): ReadableStream<Uint8Array> {
        return new ReadableStream<Uint8Array>({
            pull: async (controller) => {
                if (this.cancel?.aborted) throw new Failure("cancelled")
                if (this.place === this.whole) {
                    controller.close()
                    return
                }
                controller.enqueue(await this.next())
                this.progress(Math.min(this.place, this.file.size))
            },
        })
    }

    private async next(): Promise<Bytes> {
        const start = this.place
        if (start >= this.file.size) {
            this.place = Math.min(start + BLOCK_SIZE, this.whole)
            return new Uint8Array(this.place - start)
        }
        const block = await read(this.file.slice(start, start + BLOCK_SIZE))
        this.hash.update(block)
        this.place += block.length
        return block
    }
}

async function read(part: Blob): Promise<Bytes> {
    try {
        return new Uint8Array(await part.arrayBuffer())
    } catch {
        // It was moved, changed or deleted since it was picked.
        throw new Failure("file-unreadable")
    }
}

async function collect(stream: ReadableStream<Uint8Array>, seen: (block: Uint8Array) => void): Promise<Blob> {
    const parts: Blob[] = []
    let blocks: Uint8Array<ArrayBuffer>[] = []
    let size = 0
    const reader = stream.getReader()
    for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
        seen(value)
        blocks.push(value as Bytes)
        size += value.length
        if (size >= PART_SIZE) {
            parts.push(new Blob(blocks))
            blocks = []
            size = 0
        }
    }
    return new Blob([...parts, ...blocks])
}
