/** Help with a word that is in no list: the words that it may have been meant to be. Nothing leaves the device. */

import { fold, type WordList } from "./words.ts"

// A fifth wrong letter is another word.
const FURTHEST = 2

/** At most `most` words of the list, as it shows them, that are one or two letters away; the nearest first. */
export function nearestWords(typed: string, list: WordList, most = 3): string[] {
    const word = fold(typed)
    const near: { place: number; distance: number }[] = []
    for (const [known, place] of list.places) {
        // Of a very short word everything is two letters away, and of a single one, as in Chinese, everything is one.
        const furthest = known.length === 1 ? 0 : Math.min(FURTHEST, Math.ceil(known.length / 3))
        if (Math.abs(known.length - word.length) > furthest) continue
        const distance = distanceBetween(word, known)
        if (distance <= furthest) near.push({ place, distance })
    }
    near.sort((one, other) => one.distance - other.distance || one.place - other.place)
    return near.slice(0, most).map(({ place }) => list.shown[place] ?? "")
}

/** How many letters were added, left out, mistyped, or swapped with their neighbour. */
function distanceBetween(one: string, other: string): number {
    let beforeLast: number[] = []
    let last = Array.from({ length: other.length + 1 }, (_, place) => place)
    for (let row = 1; row <= one.length; row++) {
        const present = [row]
        for (let column = 1; column <= other.length; column++) {
            const at = (line: number[], place: number) => line[place] ?? Infinity
            const isSame = one[row - 1] === other[column - 1]
            const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
            present.push(
                Math.min(
                    at(last, column) + 1,
                    at(present, column - 1) + 1,
                    at(last, column - 1) + (isSame ? 0 : 1),
                    isSwapped ? at(beforeLast, column - 2) + 1 : Infinity,
                ),
            )
        }
        ;[beforeLast, last] = [last, present]
    }
    return last[other.length] ?? 0
}
