import { expect, test } from "vitest"

import { encryptedSize } from "./age.ts"
import { utf8 } from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { attachmentClass, padDocument } from "./sizes.ts"

const KIB = 1024
const MIB = 1024 * KIB

test("a document is filled with spaces up to the smallest class that holds it", () => {
    const text = utf8("Words.\n")

    const padded = padDocument("message", text)

    expect(new TextDecoder().decode(padded)).toBe("Words.\n".padEnd(4096))
    expect(padDocument("message", new Uint8Array(4096))).toHaveLength(4096)
    expect(padDocument("message", new Uint8Array(4097))).toHaveLength(16_384)
})

test("a document that fits no class is refused", () => {
    expect(padDocument("slot", new Uint8Array(4096))).toHaveLength(4096)
    expect(() => padDocument("slot", new Uint8Array(4097))).toThrow(Malformed)
})

test("a sealed file has a tag for each 64 KiB that were begun, and one for nothing", () => {
    const tags = (size: number) => (encryptedSize(size) - size - encryptedSize(0)) / 16 + 1

    expect([0, 1, 64 * KIB, 64 * KIB + 1, 128 * KIB, 128 * KIB + 1].map(tags)).toEqual([1, 1, 1, 2, 2, 3])
})

test("a file has the smallest class that holds it, and none where it is over the limit", () => {
    expect([0, 64 * KIB, 64 * KIB + 1].map((length) => attachmentClass(length, MIB))).toEqual([64 * KIB, 64 * KIB, 128 * KIB])
    expect(attachmentClass(MIB, MIB)).toBe(MIB)
    for (const limit of [MIB, 100_000]) expect(() => attachmentClass(limit + 1, limit)).toThrow(Malformed)
})
