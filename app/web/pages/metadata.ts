/**
 * What a photo says beside its picture (where, when, with what device), and a copy of it that does not say so. Nothing
 * is decoded or compressed anew: the bytes of the picture itself stay as they are.
 */

import { orientationOnly, readExif, type Fact } from "./exif.ts"

/** `clean` is the copy; null where there is nothing to take out. */
export interface Inspection {
    facts: Fact[]
    clean: Uint8Array<ArrayBuffer> | null
}

type Bytes = Uint8Array<ArrayBuffer>

/** A file that begins like a photo but does not go on like one: left as it is. */
class NotReadable extends Error {}

/** By so many bytes one sees of what kind a file is. */
export const BEGINNING = 12

export function isUnderstood(beginning: Bytes): boolean {
    return walkers.some(([isOf]) => isOf(beginning))
}

/** Null where this kind of file is not understood here, so that nothing can be said of it. */
export function inspect(bytes: Bytes): Inspection | null {
    const walk = walkers.find(([isOf]) => isOf(bytes))?.[1]
    if (!walk) return null
    try {
        return walk(bytes)
    } catch (error) {
        if (error instanceof NotReadable || error instanceof RangeError) return null
        throw error
    }
}

const walkers: [(bytes: Bytes) => boolean, (bytes: Bytes) => Inspection][] = [
    [(bytes) => bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff, jpeg],
    [(bytes) => text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n", png],
    [(bytes) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP", webp],
]

// JPEG (ITU-T T.81, annex B): segments of a marker and a length, then scans of compressed data.

// With its marker and length, and without the small picture that may follow it (JFIF 1.02).
const JFIF_SIZE = 18
const [APP0, APP1, APP2, APP14, APP15] = [0xe0, 0xe1, 0xe2, 0xee, 0xef]
const [SOS, EOI, COM] = [0xda, 0xd9, 0xfe]

function jpeg(bytes: Bytes): Inspection {
    const facts: Fact[] = []
    const kept: Bytes[] = [bytes.subarray(0, 2)]
    let taken = false
    let at = 2
    for (;;) {
        if (bytes[at] !== 0xff) throw new NotReadable()
        while (bytes[at + 1] === 0xff) at += 1 // a marker may be filled up with more of them
        const marker = bytes[at + 1]
        if (marker === undefined) throw new NotReadable()
        if (marker === EOI) {
            kept.push(bytes.subarray(at, at + 2))
            at += 2
            break
        }
        const end = at + 2 + view(bytes).getUint16(at + 2)
        if (end > bytes.length) throw new NotReadable()
        const segment = bytes.subarray(at, end)
        if (belongsToPicture(marker, segment)) {
            kept.push(segment)
        } else {
            const said = saidBySegment(marker, segment)
            facts.push(...said.facts)
            // Without it a photo would lie on its side.
            if (said.turned) kept.push(said.turned)
            taken ||= !said.turned || said.facts.length > 0
        }
        at = end
        if (marker === SOS) {
            const from = at
            at = endOfScan(bytes, at)
            kept.push(bytes.subarray(from, at))
        }
    }
    if (at < bytes.length) facts.push({ kind: "other", value: `+ ${bytes.length - at} B` })
    return { facts: unlike(facts), clean: taken || at < bytes.length ? join(kept) : null }
}

/** Of the application's segments, those alone that say how the picture is to be shown. */
function belongsToPicture(marker: number, segment: Bytes): boolean {
    if (marker === COM) return false
    if (marker < APP0 || marker > APP15) return true
    const name = text(segment, 4, 16)
    return (
        (marker === APP0 && name.startsWith("JFIF\0") && segment.length <= JFIF_SIZE) ||
        (marker === APP2 && name.startsWith("ICC_PROFILE\0")) ||
        (marker === APP14 && name.startsWith("Adobe"))
    )
}

function saidBySegment(marker: number, segment: Bytes): { facts: Fact[]; turned: Bytes | null } {
    const name = text(segment, 4, 40)
    if (marker === APP1 && name.startsWith("Exif\0")) {
        const { facts, orientation } = readExif(segment.subarray(10))
        const small = orientation === 1 ? null : orientationOnly(orientation)
        return { facts, turned: small && jpegSegment(APP1, join([latin("Exif\0\0"), small])) }
    }
    if (marker === APP1 && name.startsWith("http://ns.adobe.com/x")) {
        return { facts: readXmp(utf8(segment.subarray(4))), turned: null }
    }
    if (marker === APP0 && name.startsWith("JFIF\0")) {
        // Its last two bytes are the sides of a small picture, which follows.
        const head = join([segment.subarray(4, JFIF_SIZE - 2), new Uint8Array(2)])
        return { facts: [{ kind: "preview", value: "" }], turned: jpegSegment(APP0, head) }
    }
    if (marker === COM) return { facts: textFact(text(segment, 4)), turned: null }
    const label = /^[\w .:/-]+/.exec(name)?.[0] ?? `APP${marker - APP0}`
    return { facts: [{ kind: "other", value: label }], turned: null }
}

function endOfScan(bytes: Bytes, from: number): number {
    let at = bytes.indexOf(0xff, from)
    while (at >= 0) {
        const next = bytes[at + 1]
        if (next === undefined) break
        const isData = next === 0 || (next >= 0xd0 && next <= 0xd7)
        if (!isData && next !== 0xff) return at
        at = bytes.indexOf(0xff, at + 1)
    }
    throw new NotReadable()
}

function jpegSegment(marker: number, body: Bytes): Bytes {
    const head = new Uint8Array(4)
    view(head).setUint16(0, 0xff00 | marker)
    view(head).setUint16(2, body.length + 2)
    return join([head, body])
}

// PNG (W3C, third edition): chunks of a length, a name, content and a checksum.

const PNG_KEPT = new Set(
    "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD cICP mDCV cLLI pHYs acTL fcTL fdAT".split(" "),
)

function png(bytes: Bytes): Inspection {
    const facts: Fact[] = []
    const kept: Bytes[] = [bytes.subarray(0, 8)]
    let taken = false
    let at = 8
    let name = ""
    while (name !== "IEND") {
        const end = at + 12 + view(bytes).getUint32(at)
        if (end > bytes.length) throw new NotReadable()
        name = text(bytes, at + 4, at + 8)
        if (PNG_KEPT.has(name)) {
            kept.push(bytes.subarray(at, end))
        } else {
            const said = saidByChunk(name, bytes.subarray(at + 8, end - 4))
            facts.push(...said.facts)
            if (said.turned) kept.push(pngChunk("eXIf", said.turned))
            taken ||= !said.turned || said.facts.length > 0
        }
        at = end
    }
    // What was cut away of a screenshot may still lie behind its end.
    if (at < bytes.length) facts.push({ kind: "other", value: `+ ${bytes.length - at} B` })
    return { facts: unlike(facts), clean: taken || at < bytes.length ? join(kept) : null }
}

function saidByChunk(name: string, content: Bytes): { facts: Fact[]; turned: Bytes | null } {
    if (name === "eXIf") {
        const { facts, orientation } = readExif(content)
        return { facts, turned: orientation === 1 ? null : orientationOnly(orientation) }
    }
    if (name === "tIME") {
        const [month, day, hour, minute] = content.subarray(2, 6)
        const two = (number: number | undefined) => String(number ?? 0).padStart(2, "0")
        const value = `${view(content).getUint16(0)}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}`
        return { facts: [{ kind: "time", value }], turned: null }
    }
    const keyword = text(content, 0, Math.max(0, content.indexOf(0)))
    if (name === "tEXt") return { facts: textFact(`${keyword}: ${text(content, keyword.length + 1)}`), turned: null }
    if (name === "iTXt" && keyword === "XML:com.adobe.xmp") return { facts: readXmp(utf8(content)), turned: null }
    if (name === "iTXt" && content[keyword.length + 1] === 0) {
        const parts = utf8(content.subarray(keyword.length + 3)).split("\0")
        return { facts: textFact(`${keyword}: ${parts.slice(2).join(" ")}`), turned: null }
    }
    return { facts: [{ kind: "other", value: keyword || name }], turned: null }
}

function pngChunk(name: string, content: Bytes): Bytes {
    const body = join([latin(name), content])
    const [length, checksum] = [new Uint8Array(4), new Uint8Array(4)]
    view(length).setUint32(0, content.length)
    view(checksum).setUint32(0, crc32(body))
    return join([length, body, checksum])
}

function crc32(bytes: Bytes): number {
    let rest = 0xffffffff
    for (const byte of bytes) {
        rest ^= byte
        for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
    }
    return ~rest >>> 0
}

// WebP (RFC 9649): a RIFF of chunks, each padded to an even length; the first says what others there are.

const WEBP_KEPT = new Set(["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"])
const [XMP_FLAG, EXIF_FLAG] = [0x04, 0x08]

function webp(bytes: Bytes): Inspection {
    const facts: Fact[] = []
    const kept: Bytes[] = []
    const whole = 8 + view(bytes).getUint32(4, true)
    if (whole > bytes.length) throw new NotReadable()
    let turned: Bytes | null = null
    let taken = whole < bytes.length
    for (let at = 12; at < whole; ) {
        const length = view(bytes).getUint32(at + 4, true)
        const end = at + 8 + length + (length % 2)
        if (end > bytes.length) throw new NotReadable()
        const name = text(bytes, at, at + 4)
        const content = bytes.subarray(at + 8, at + 8 + length)
        if (WEBP_KEPT.has(name)) {
            kept.push(bytes.slice(at, end))
        } else if (name === "EXIF") {
            const read = readExif(text(content, 0, 4) === "Exif" ? content.subarray(6) : content)
            facts.push(...read.facts)
            if (read.orientation !== 1) turned = orientationOnly(read.orientation)
            taken ||= !turned || read.facts.length > 0
        } else {
            facts.push(...(name === "XMP " ? readXmp(utf8(content)) : [{ kind: "other", value: name } as const]))
            taken = true
        }
        at = end
    }
    const first = kept[0]
    if (first && text(first, 0, 4) === "VP8X") {
        first[8] = ((first[8] ?? 0) & ~(XMP_FLAG | EXIF_FLAG)) | (turned ? EXIF_FLAG : 0)
    }
    if (turned) kept.push(riffChunk("EXIF", turned))
    const body = join([latin("WEBP"), ...kept])
    return { facts: unlike(facts), clean: taken ? riffChunk("RIFF", body) : null }
}

function riffChunk(name: string, content: Bytes): Bytes {
    const length = new Uint8Array(4)
    view(length).setUint32(0, content.length, true)
    return join([latin(name), length, content, new Uint8Array(content.length % 2)])
}

// What XMP repeats of a photo. It is XML; only what a person would recognise is looked for.

const XMP_SAYS: [Fact["kind"], RegExp][] = [
    ["place", /exif:GPSLatitude(?:="|>)([^"<]+)/],
    ["time", /(?:xmp:CreateDate|photoshop:DateCreated|exif:DateTimeOriginal)(?:="|>)([^"<]+)/],
    ["device", /tiff:Model(?:="|>)([^"<]+)/],
    ["program", /xmp:CreatorTool(?:="|>)([^"<]+)/],
    ["author", /dc:creator>\s*<rdf:Seq>\s*<rdf:li[^>]*>([^<]+)/],
]

function readXmp(xml: string): Fact[] {
    const found = XMP_SAYS.flatMap(([kind, says]) => {
        const value = says.exec(xml)?.[1]?.trim()
        return value ? [{ kind, value }] : []
    })
    return [...found, { kind: "other", value: "XMP" }]
}

function textFact(value: string): Fact[] {
    return value.trim() ? [{ kind: "text", value: value.trim().slice(0, 200) }] : []
}

function unlike(facts: Fact[]): Fact[] {
    return facts.filter(
        (fact, place) => facts.findIndex((other) => other.kind === fact.kind && other.value === fact.value) === place,
    )
}

function view(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function text(bytes: Uint8Array, from: number, to?: number): string {
    // A browser's decoder for "latin1" is in truth another one, which reads some bytes otherwise.
    return Array.from(bytes.subarray(from, to), (byte) => String.fromCharCode(byte)).join("")
}

function utf8(bytes: Uint8Array): string {
    return new TextDecoder().decode(bytes)
}

function latin(words: string): Bytes {
    return Uint8Array.from(words, (letter) => letter.charCodeAt(0))
}

function join(parts: readonly Uint8Array[]): Bytes {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) {
        whole.set(part, at)
        at += part.length
    }
    return whole
}
