import { createHash } from "node:crypto"
import { expect, test } from "vitest"

import { decrypt, encryptedSize, newIdentity } from "../protocol/age.ts"
import { attachmentClass } from "../protocol/sizes.ts"
import { Failure } from "./api.ts"
import { sealFile } from "./sealing.ts"

const LIMIT = 100_000_000
const QUIET = () => undefined

function bytes(size: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length: size }, (_, place) => (place * 31) % 253)
}

function sha256(value: Uint8Array): string {
    return createHash("sha256").update(value).digest("hex")
}

test.each([0, 1, 65_535, 65_536, 65_537, 1_048_576, 3_000_000, 5_300_000])(
    "a file of %i bytes opens as it was",
    async (size) => {
        const identity = await newIdentity()
        const file = bytes(size)

        const sealed = await sealFile(new Blob([file]), {
            recipient: identity.recipient,
            limit: LIMIT,
            progress: QUIET,
        })

        const ciphertext = new Uint8Array(await sealed.sealed.arrayBuffer())
        const plaintext = await decrypt(ciphertext, identity.secret)
        expect(ciphertext.length).toBe(encryptedSize(attachmentClass(size, LIMIT)))
        expect(sealed).toMatchObject({ size, plaintextHash: sha256(file), ciphertextHash: sha256(ciphertext) })
        expect(Buffer.from(plaintext.subarray(0, size)).equals(file)).toBe(true)
        expect(plaintext.subarray(size).every((byte) => byte === 0)).toBe(true)
    },
)

test("progress ends with the whole file", async () => {
    const { recipient } = await newIdentity()
    const heard: number[] = []

    await sealFile(new Blob([bytes(2_500_000)]), { recipient, limit: LIMIT, progress: (done) => heard.push(done) })

    expect(heard).toEqual([...heard].sort((one, other) => one - other))
    expect(heard.at(-1)).toBe(2_500_000)
})

test("a file over the limit is not sealed", async () => {
    const { recipient } = await newIdentity()

    const sealing = sealFile(new Blob([bytes(11)]), { recipient, limit: 10, progress: QUIET })

    await expect(sealing).rejects.toMatchObject({ kind: "too-large" })
})

test("sealing stops when it is cancelled", async () => {
    const { recipient } = await newIdentity()
    const control = new AbortController()
    const progress = (done: number) => {
        if (done > 1_000_000) control.abort()
    }

    const sealing = sealFile(new Blob([bytes(5_000_000)]), {
        recipient,
        limit: LIMIT,
        progress,
        cancel: control.signal,
    })

    await expect(sealing).rejects.toSatisfy((error) => error instanceof Failure && error.kind === "cancelled")
})

test("a file that cannot be read any more is said to be one", async () => {
    const { recipient } = await newIdentity()
    const gone = new Blob([bytes(100)])
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }) as Blob

    const sealing = sealFile(gone, { recipient, limit: LIMIT, progress: QUIET })

    await expect(sealing).rejects.toMatchObject({ kind: "file-unreadable" })
})
