/** What page and worker say to each other. Files travel as Blobs, which are handed over without copying their bytes. */

import type { Failure, Picked, ReporterClient, Step } from "./api.ts"

/** A file by a name of the page's own, since a Blob that was handed over twice is two Blobs. */
export interface NamedFile extends Picked {
    key: number
}

type Method = Exclude<keyof ReporterClient, "forget">
/** The arguments as they travel: files are named, and functions and signals become messages. */
type Travelling<Arguments> = Arguments extends [infer First, ...infer Rest]
    ? First extends Picked[]
        ? [NamedFile[], ...Travelling<Rest>]
        : First extends ((step: Step) => void) | AbortSignal | undefined
          ? Travelling<Rest>
          : [First, ...Travelling<Rest>]
    : []

export type Call = {
    [Name in Method]: { method: Name; given: Travelling<Required<Parameters<ReporterClient[Name]>>> }
}[Method]
export type Result = Awaited<ReturnType<ReporterClient[Method]>>

export type ToWorker = { say: "call"; id: number; call: Call } | { say: "cancel"; id: number } | { say: "forget" }
export type FromWorker =
    | { say: "step"; id: number; step: Step }
    | { say: "done"; id: number; result: Result }
    | { say: "failed"; id: number; kind: Failure["kind"]; reason: string }
    | { say: "forgotten" }
