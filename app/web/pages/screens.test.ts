import { expect, test } from "vitest"

import { Path } from "./screens.ts"

const NAMES = ["start", "danger_now", "emergency", "text", "review"]

test("emergency numbers are on the path, both ways, only where danger is near", () => {
    let isNear = false
    const path = new Path(NAMES, (name) => name === "emergency" && !isNear)
    path.to("danger_now")

    const far = [path.next(), path.back()]
    isNear = true
    const near = [path.next(), path.next(), path.back(), path.back()]

    expect(far).toEqual(["text", "danger_now"])
    expect(near).toEqual(["emergency", "text", "emergency", "danger_now"])
})

test("the path ends at both its ends", () => {
    const path = new Path(NAMES, () => false)

    expect(path.back()).toBe("start")
    path.to("review")
    expect(path.next()).toBe("review")
})
