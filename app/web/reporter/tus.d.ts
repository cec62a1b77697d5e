/** The upload itself, without the library's readers, requests and stores for each environment, of which we use none. */
declare module "tus-js-client/lib/upload.js" {
    import type { DetailedError, Upload, UploadOptions } from "tus-js-client"

    export interface PlainOptions extends Omit<UploadOptions, "onShouldRetry" | "onError"> {
        onShouldRetry: (error: DetailedError) => boolean
        /** Other errors than those of requests are mistakes in the options. */
        onError: (error: DetailedError | Error) => void
    }

    export default class PlainUpload {
        static readonly defaultOptions: UploadOptions
        constructor(file: Blob, options: PlainOptions)
        readonly url: Upload["url"]
        start(): void
        abort(): Promise<void>
    }
}
