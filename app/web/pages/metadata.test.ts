import { expect, test } from "vitest"

import type { Fact } from "./exif.ts"
import { inspect } from "./metadata.ts"

type Bytes = Uint8Array<ArrayBuffer>

const bytes = (...values: number[]): Bytes => Uint8Array.from(values)
const ascii = (words: string): Bytes => Uint8Array.from(words, (letter) => letter.charCodeAt(0))
const join = (...parts: Uint8Array[]): Bytes => Uint8Array.from(parts.flatMap((part) => [...part]))
const big = (number: number, size: number): Bytes =>
    Uint8Array.from({ length: size }, (_, place) => (number / 256 ** (size - 1 - place)) & 0xff)
const little = (number: number, size: number): Bytes => big(number, size).reverse()

/** What a photo says, and its clean copy, where it has both. */
function look(photo: Bytes): { facts: Fact[]; clean: Bytes } {
    const found = inspect(photo)
    if (!found?.clean) throw new Error("nothing was found in the photo")
    return { facts: found.facts, clean: found.clean }
}

/** An EXIF of a turned photo with a maker, a time, a place and a small preview. */
function exif(orientation = 6): Bytes {
    const field = (tag: number, type: number, count: number, value: Bytes) =>
        join(big(tag, 2), big(type, 2), big(count, 4), value)
    const maker = ascii("Fairphone\0")
    const time = ascii("2026:03:01 10:20:30\0")
    const fraction = (number: number) => join(big(number, 4), big(1, 4))
    const latitude = join(fraction(48), fraction(8), fraction(13))
    const longitude = join(fraction(11), fraction(34), fraction(31))
    const start = 8 + 2 + 12 * 4 + 4
    const gpsAt = start + maker.length + time.length
    const degreesAt = gpsAt + 2 + 12 * 4 + 4
    return join(
        ascii("MM\0*"),
        big(8, 4),
        big(4, 2),
        field(0x010f, 2, maker.length, big(start, 4)),
        field(0x0112, 3, 1, join(big(orientation, 2), big(0, 2))),
        field(0x0132, 2, time.length, big(start + maker.length, 4)),
        field(0x8825, 4, 1, big(gpsAt, 4)),
        big(gpsAt, 4), // another directory, that of the preview
        maker,
        time,
        big(4, 2),
        field(1, 2, 2, ascii("N\0\0\0")),
        field(2, 5, 3, big(degreesAt, 4)),
        field(3, 2, 2, ascii("E\0\0\0")),
        field(4, 5, 3, big(degreesAt + latitude.length, 4)),
        big(0, 4),
        latitude,
        longitude,
    )
}

const SAID = [
    { kind: "place", value: "48.1369° N 11.5753° E" },
    { kind: "device", value: "Fairphone" },
    { kind: "time", value: "2026:03:01 10:20:30" },
    { kind: "preview", value: "" },
]

const segment = (marker: number, body: Uint8Array) => join(bytes(0xff, marker), big(body.length + 2, 2), body)
const jfif = segment(0xe0, ascii("JFIF\0\x01\x01\0\0\x01\0\x01\0\0"))
const tables = segment(0xdb, bytes(1, 2, 3))
const scan = join(segment(0xda, bytes(1, 2, 3)), bytes(0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56))
const jpeg = (...segments: Uint8Array[]) => join(bytes(0xff, 0xd8), ...segments, bytes(0xff, 0xd9))

test("a JPEG says where, when and with what it was taken, and its copy says none of it", () => {
    const photo = jpeg(jfif, segment(0xe1, join(ascii("Exif\0\0"), exif())), segment(0xfe, ascii("from Lin")), tables, scan)

    const { facts, clean } = look(photo)

    expect(facts).toEqual([...SAID, { kind: "text", value: "from Lin" }])
    expect(inspect(clean)).toEqual({ facts: [], clean: null })
    const left = String.fromCharCode(...clean)
    expect(left).not.toMatch(/Fairphone|2026|Lin/)
})

test("the picture of the copy has the same bytes, and still stands upright", () => {
    const photo = jpeg(jfif, segment(0xe1, join(ascii("Exif\0\0"), exif(8))), tables, scan)

    const { clean } = look(photo)

    const turned = segment(0xe1, join(ascii("Exif\0\0MM\0*"), big(8, 4), big(1, 2), big(0x0112, 2), big(3, 2), big(1, 4), big(8, 2), big(0, 6)))
    expect(clean).toEqual(jpeg(jfif, turned, tables, scan))
})

test("a JPEG that is upright keeps no EXIF at all", () => {
    const photo = jpeg(jfif, segment(0xe1, join(ascii("Exif\0\0"), exif(1))), tables, scan)

    expect(look(photo).clean).toEqual(jpeg(jfif, tables, scan))
})

test("what lies behind the end of a picture is told and taken out", () => {
    const photo = join(jpeg(jfif, tables, scan), ascii("a film of two seconds"))

    const { facts, clean } = look(photo)

    expect(facts).toEqual([{ kind: "other", value: "+ 21 B" }])
    expect(clean).toEqual(jpeg(jfif, tables, scan))
})

test("the small picture in the head of a JPEG is told and taken out", () => {
    const head = segment(0xe0, join(ascii("JFIF\0\x01\x01\0\0\x01\0\x01\x02\x01"), ascii("abcdef")))
    const photo = jpeg(head, tables, scan)

    const { facts, clean } = look(photo)

    expect(facts).toEqual([{ kind: "preview", value: "" }])
    expect(clean).toEqual(jpeg(jfif, tables, scan))
})

test("colours stay: a profile and the mark of Adobe belong to the picture", () => {
    const photo = jpeg(segment(0xe2, ascii("ICC_PROFILE\0..")), segment(0xee, ascii("Adobe\0d....")), tables, scan)

    expect(inspect(photo)).toEqual({ facts: [], clean: null })
})

test("a description in XML is read for what a person would recognise", () => {
    const xmp = '<x xmp:CreatorTool="Paint 3" exif:GPSLatitude="48,8.2N"><dc:creator><rdf:Seq><rdf:li>Lin</rdf:li>'
    const photo = jpeg(segment(0xe1, ascii(`http://ns.adobe.com/xap/1.0/\0${xmp}`)), tables, scan)

    expect(look(photo).facts).toEqual([
        { kind: "place", value: "48,8.2N" },
        { kind: "program", value: "Paint 3" },
        { kind: "author", value: "Lin" },
        { kind: "other", value: "XMP" },
    ])
})

const chunk = (name: string, content: Uint8Array) => join(big(content.length, 4), ascii(name), content, big(0, 4))
const png = (...chunks: Uint8Array[]) => join(ascii("\x89PNG\r\n\x1a\n"), ...chunks, chunk("IEND", bytes()))
const header = chunk("IHDR", new Uint8Array(13))
const pixels = chunk("IDAT", bytes(1, 2, 3))

test("a PNG says what its texts, its time and its EXIF say, and its copy does not", () => {
    const picture = png(
        header,
        chunk("tEXt", ascii("Software\0Screens 2")),
        chunk("iTXt", ascii("Title\0\0\0\0\0Letter")),
        chunk("tIME", bytes(7, 234, 3, 1, 10, 20, 30)),
        chunk("eXIf", exif(1)),
        pixels,
    )

    const { facts, clean } = look(picture)

    expect(facts).toEqual([
        { kind: "text", value: "Software: Screens 2" },
        { kind: "text", value: "Title: Letter" },
        { kind: "time", value: "2026-03-01 10:20" },
        ...SAID,
    ])
    expect(clean).toEqual(png(header, pixels))
})

test("a PNG that has to be turned keeps that alone, with a right checksum", () => {
    const { clean } = look(png(header, chunk("eXIf", exif(6)), pixels))

    expect(inspect(clean)).toEqual({ facts: [], clean: null })
    expect([...clean.subarray(8 + header.length + 34, 8 + header.length + 38)]).toEqual([...big(0xd6674b69, 4)])
})

const riff = (name: string, content: Uint8Array) =>
    join(ascii(name), little(content.length, 4), content, bytes(...(content.length % 2 ? [0] : [])))
const webp = (...chunks: Uint8Array[]) => riff("RIFF", join(ascii("WEBP"), ...chunks))

test("a WebP loses its EXIF and XMP, and its head no longer promises them", () => {
    const head = (flags: number) => riff("VP8X", bytes(flags, 0, 0, 0, 1, 0, 0, 1, 0, 0))
    const picture = riff("VP8 ", bytes(1, 2, 3))
    const photo = webp(head(0x2c), picture, riff("EXIF", exif(1)), riff("XMP ", ascii("<x/>")))

    const { facts, clean } = look(photo)

    expect(facts).toEqual([...SAID, { kind: "other", value: "XMP" }])
    expect(clean).toEqual(webp(head(0x20), picture))
})

test("of a kind of file that is not understood nothing is said", () => {
    expect(inspect(ascii("\0\0\0\x18ftypheic"))).toBeNull()
    expect(inspect(ascii("%PDF-1.7"))).toBeNull()
    expect(inspect(bytes())).toBeNull()
})

test("a photo that is cut off anywhere is left as it is, or read without harm", () => {
    const photos = [
        jpeg(jfif, segment(0xe1, join(ascii("Exif\0\0"), exif())), tables, scan),
        png(header, chunk("eXIf", exif()), pixels),
        webp(riff("VP8 ", bytes(1, 2, 3, 4)), riff("EXIF", exif())),
    ]

    for (const photo of photos) {
        for (let length = 0; length < photo.length; length++) expect(inspect(photo.slice(0, length))).toBeNull()
    }
})
