/**
 * The age format as Tern uses it: files to exactly one `mlkem768x25519` recipient. age-encryption seals and opens; that
 * a file has this one stanza and nothing else, which the format itself leaves open, is checked here.
 */

import { bech32 } from "@scure/base"
import { Decrypter, Encrypter, generateHybridIdentity, identityToRecipient } from "age-encryption"

import { sha256Hex, type Bytes } from "./encoding.ts"
import { Malformed, NotAuthentic, NotMine } from "./errors.ts"

// 1120 and 32 bytes in base 64. The last character of each has bits to spare, which are zero in the canonical form.
const SHARE = "[A-Za-z0-9+/]{1493}[AQgw]"
const BYTES_32 = "[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
const HEADER = new RegExp(`^age-encryption\\.org/v1\\n-> mlkem768x25519 ${SHARE}\\n${BYTES_32}\\n--- ${BYTES_32}\\n$`)
const HEADER_SIZE = "age-encryption.org/v1\n-> mlkem768x25519 \n\n--- \n".length + 1494 + 43 + 43
const NONCE_SIZE = 16
const CHUNK_SIZE = 65_536
const TAG_SIZE = 16

const RECIPIENT_PREFIX = "age1pq"
const RECIPIENT_SIZE = 1216
const IDENTITY_PREFIX = "age-secret-key-pq-"

/** A secret as age writes it, `AGE-SECRET-KEY-PQ-1…`, and the recipient that belongs to it. */
export interface Identity {
    readonly secret: string
    readonly recipient: string
}

export async function newIdentity(): Promise<Identity> {
    const secret = await generateHybridIdentity()
    return { secret, recipient: await identityToRecipient(secret) }
}

/** The identity whose secret is `seed`: 32 bytes, uniformly random or derived from such. */
export async function identityOf(seed: Bytes): Promise<Identity> {
    const secret = bech32.encodeFromBytes(IDENTITY_PREFIX, seed).toUpperCase()
    return { secret, recipient: await identityToRecipient(secret) }
}

/** `value`, if a document can be sealed to it. Raises `Malformed`. */
export function checkRecipient(value: unknown): string {
    if (typeof value !== "string" || value !== value.toLowerCase()) throw new Malformed("not a post-quantum recipient")
    let prefix, bytes
    try {
        const decoded = bech32.decode(value as `${string}1${string}`, false)
        prefix = decoded.prefix
        bytes = bech32.fromWords(decoded.words)
    } catch {
        throw new Malformed("not a post-quantum recipient")
    }
    if (prefix !== RECIPIENT_PREFIX || bytes.length !== RECIPIENT_SIZE)
        throw new Malformed("not a post-quantum recipient")
    return value
}

/** How documents name a recipient: the SHA-256 of its text. */
export function recipientHash(recipient: string): string {
    return sha256Hex(recipient)
}

/** Bytes of the file that seals a plaintext of this many bytes to one recipient. */
export function encryptedSize(plaintextSize: number): number {
    const chunks = Math.max(1, Math.ceil(plaintextSize / CHUNK_SIZE))
    return HEADER_SIZE + NONCE_SIZE + plaintextSize + TAG_SIZE * chunks
}

/** Raises `NotAuthentic` unless the file has exactly one canonical stanza and one of the `sizes`. */
export function checkEnvelope(file: Uint8Array, sizes: ReadonlySet<number>): void {
    // Latin-1 gives one character a byte, whatever they are.
    const header = new TextDecoder("latin1").decode(file.subarray(0, HEADER_SIZE))
    if (!HEADER.test(header) || !sizes.has(file.length)) throw new NotAuthentic("envelope")
}

export async function encrypt(plaintext: Bytes, recipient: string): Promise<Bytes> {
    return (await encrypterTo(recipient).encrypt(plaintext)) as Bytes
}

/** The same for a plaintext that comes and goes in pieces. An encryption that was broken off is begun anew. */
export async function encryptStream(
    plaintext: ReadableStream<Uint8Array>,
    recipient: string,
): Promise<ReadableStream<Uint8Array>> {
    return encrypterTo(recipient).encrypt(plaintext)
}

/** Raises `NotMine` where the file is sealed to another key, `NotAuthentic` where it is damaged. */
export async function decrypt(file: Uint8Array, secret: string): Promise<Bytes> {
    let isMine = true as boolean // which the second identity changes
    const decrypter = new Decrypter()
    decrypter.addIdentity(secret)
    // Asked only once the real identity has found nothing: the library itself throws the same for both failures.
    decrypter.addIdentity({
        unwrapFileKey: () => {
            isMine = false
            return null
        },
    })
    try {
        return (await decrypter.decrypt(file)) as Bytes
    } catch {
        if (!isMine) throw new NotMine("a file to another key")
        throw new NotAuthentic("ciphertext")
    }
}

function encrypterTo(recipient: string): Encrypter {
    const encrypter = new Encrypter()
    encrypter.addRecipient(checkRecipient(recipient))
    return encrypter
}
