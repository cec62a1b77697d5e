/** The reporter's client of a page. The page's own element says where its worker lies, whose name changes with each build. */

import type { ReporterClient } from "../reporter/api.ts"
import { startSession } from "../reporter/session.ts"

export function connect(): ReporterClient {
    // It says that no script runs here.
    document.getElementById("no-client")?.remove()
    const script = document.querySelector<HTMLScriptElement>("script[data-worker]")
    return startSession(script?.dataset.worker ?? "")
}
