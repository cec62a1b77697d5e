/** EXIF (CIPA DC-008) inside a photo: a TIFF whose directories say where, when and with what it was taken. */

/** Each has words of its own on the page, `fact-…`. */
export interface Fact {
    kind: "place" | "time" | "device" | "program" | "author" | "text" | "other" | "preview"
    value: string
}

/** `orientation` is how the picture has to be turned to be shown, 1 for not at all. */
export interface Exif {
    facts: Fact[]
    orientation: number
}

const [EXIF_DIRECTORY, GPS_DIRECTORY, ORIENTATION] = [0x8769, 0x8825, 0x0112]
const [ASCII, SHORT, LONG, RATIONAL, UNDEFINED] = [2, 3, 4, 5, 7]
const UNIT_SIZES: Partial<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 }
// A real directory has some dozens; more would only keep the page busy.
const MOST_FIELDS = 512

const SAYS: [number, Fact["kind"]][] = [
    [0x010f, "device"], // maker
    [0x0110, "device"], // model
    [0xa434, "device"], // lens
    [0xa431, "device"], // serial number of the body
    [0xa435, "device"], // serial number of the lens
    [0x013c, "device"], // host computer
    [0x0131, "program"],
    [0x9003, "time"], // when it was taken
    [0x0132, "time"], // when it was changed
    [0x013b, "author"],
    [0xa430, "author"], // owner of the camera
    [0x8298, "author"], // copyright
    [0x010e, "text"],
    [0x9286, "text"], // comment of the user
]

interface Field {
    type: number
    count: number
    at: number
}

type Directory = Map<number, Field>

export function readExif(tiff: Uint8Array): Exif {
    const read = new Reader(tiff)
    if (!read.isTiff) return { facts: [{ kind: "other", value: "Exif" }], orientation: 1 }
    const first = read.directory(read.long(4))
    const more = read.directory(read.pointer(first.fields.get(EXIF_DIRECTORY)))
    const all: Directory = new Map([...more.fields, ...first.fields])
    const facts: Fact[] = []
    for (const [tag, kind] of SAYS) {
        const value = read.words(all.get(tag))
        if (value) facts.push({ kind, value })
    }
    const gps = read.directory(read.pointer(first.fields.get(GPS_DIRECTORY))).fields
    const place = [read.degrees(gps, 1), read.degrees(gps, 3)]
    if (place.every((degrees) => degrees !== "")) facts.unshift({ kind: "place", value: place.join(" ") })
    if (first.next !== 0) facts.push({ kind: "preview", value: "" })
    const orientation = read.number(first.fields.get(ORIENTATION)) || 1
    const silent = first.fields.size > (orientation === 1 ? 0 : 1) && facts.length === 0
    return { facts: silent ? [{ kind: "other", value: "Exif" }] : facts, orientation }
}

/** An EXIF that says nothing but how to turn the picture. */
export function orientationOnly(orientation: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.of(
        ...[0x4d, 0x4d, 0, 42, 0, 0, 0, 8], // TIFF, highest byte first, its directory at 8
        ...[0, 1, ORIENTATION >> 8, ORIENTATION & 0xff, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0],
        ...[0, 0, 0, 0], // no directory after it
    )
}

/** Reads a TIFF that may be cut off or wrong anywhere: what is not there is nothing. */
class Reader {
    readonly isTiff: boolean
    private readonly view: DataView
    private readonly bytes: Uint8Array
    private readonly little: boolean

    constructor(bytes: Uint8Array) {
        this.bytes = bytes
        this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
        this.little = bytes[0] === 0x49
        this.isTiff = bytes.length >= 8 && bytes[0] === bytes[1] && this.short(2) === 42
    }

    short(at: number): number {
        return at + 2 <= this.bytes.length ? this.view.getUint16(at, this.little) : 0
    }

    long(at: number): number {
        return at + 4 <= this.bytes.length ? this.view.getUint32(at, this.little) : 0
    }

    directory(at: number): { fields: Directory; next: number } {
        const fields: Directory = new Map()
        if (at === 0) return { fields, next: 0 }
        const count = Math.min(this.short(at), MOST_FIELDS)
        for (let place = 0; place < count; place++) {
            const entry = at + 2 + 12 * place
            const [type, many] = [this.short(entry + 2), this.long(entry + 4)]
            const length = many * (UNIT_SIZES[type] ?? 1)
            fields.set(this.short(entry), { type, count: many, at: length > 4 ? this.long(entry + 8) : entry + 8 })
        }
        return { fields, next: this.long(at + 2 + 12 * count) }
    }

    pointer(field: Field | undefined): number {
        return field?.type === LONG ? this.long(field.at) : 0
    }

    number(field: Field | undefined): number {
        return field?.type === SHORT ? this.short(field.at) : 0
    }

    words(field: Field | undefined): string {
        if (field?.type !== ASCII && field?.type !== UNDEFINED) return ""
        const said = new TextDecoder().decode(this.bytes.subarray(field.at, field.at + Math.min(field.count, 200)))
        return said.replace(/^ASCII\0+/, "").replace(/[\0\p{Cc}]+/gu, " ").trim()
    }

    /** "48.1370° N": degrees, minutes and seconds as three fractions, the side in the field before. */
    degrees(gps: Directory, tag: number): string {
        const field = gps.get(tag + 1)
        if (field?.type !== RATIONAL || field.count < 3) return ""
        const [degrees, minutes, seconds] = [0, 8, 16].map((offset) => {
            return this.long(field.at + offset) / (this.long(field.at + offset + 4) || 1)
        }) as [number, number, number]
        return `${(degrees + minutes / 60 + seconds / 3600).toFixed(4)}° ${this.words(gps.get(tag))}`
    }
}
